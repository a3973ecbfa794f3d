public import RecurrentKernels

/// What a graph says of an input or an output: its name, and perhaps its type and shape.
public struct GraphValue: Sendable, Hashable {
  /// What is known of one dimension.
  public enum Extent: Sendable, Hashable {
    /// Always this many.
    case size(Int)
    /// The same for all dimensions of this name in one run, such as `batch`.
    case symbol(String)
    /// Anything.
    case any
  }

  /// The name under which arrays are given and got.
  public let name: String
  /// The type of the tensor's elements; nil if it is not said, or none that tensors have.
  public let dtype: DType?
  /// The dimensions, outermost first; nil if nothing is said of them.
  public let shape: [Extent]?

  /// Describes a value.
  public init(name: String, dtype: DType?, shape: [Extent]?) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
  }
}

extension GraphValue.Extent: CustomStringConvertible {
  /// The number, the name, or `?`.
  public var description: String {
    switch self {
    case .size(let size): "\(size)"
    case .symbol(let name): name
    case .any: "?"
    }
  }
}

extension GraphValue: CustomStringConvertible {
  /// Name, type and shape: `x float32 [T, batch, 5]`.
  public var description: String {
    [name, dtype.map(\.rawValue) ?? "", shapeText].filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// The shape with its symbols: `[T, batch, 5]`; empty if nothing is said of it.
  package var shapeText: String {
    shape.map { "[" + $0.map(\.description).joined(separator: ", ") + "]" } ?? ""
  }
}

extension GraphValue {
  init(_ info: OnnxValueInfoProto) {
    let type = info.type.tensorType
    name = info.name
    dtype = StoredType(onnx: type.elemType)?.dtype
    shape = type.hasShape ? type.shape.dim.map { Extent($0) } : nil
  }
}

extension GraphValue.Extent {
  fileprivate init(_ dimension: OnnxTensorShapeProto.Dimension) {
    switch dimension.value {
    case .dimValue(let size): self = Int(exactly: size).flatMap { $0 < 0 ? nil : .size($0) } ?? .any
    case .dimParam(let name): self = name.isEmpty ? .any : .symbol(name)
    case nil: self = .any
    }
  }
}
