import RecurrentKernels
import RecurrentTensors

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Puts a graph together, node by node, in the order in which they run.
struct OnnxGraphBuilder {
  /// The size along one axis of an input or output: known, or a name for whatever is fed.
  enum Size {
    case fixed(Int)
    case named(String)
  }

  private(set) var graph = OnnxGraphProto()
  private var constantNames: Set<String> = []

  init(name: String, comment: String) {
    graph.name = name
    graph.docString = comment
  }

  /// Adds a node; returns the name of its first output.
  @discardableResult mutating func add(
    _ operation: String, _ inputs: [String], _ outputs: [String], attributes: [OnnxAttributeProto] = [],
    comment: String? = nil
  ) -> String {
    var node = OnnxNodeProto()
    node.opType = operation
    node.name = outputs[0] + "." + operation
    node.input = inputs
    node.output = outputs
    node.attribute = attributes
    if let comment { node.docString = comment }
    graph.node.append(node)
    return outputs[0]
  }

  /// Gives the node that was added last a name of its own.
  mutating func nameLastNode(_ name: String) {
    graph.node[graph.node.count - 1].name = name
  }

  // MARK: - Constants

  /// Adds a tensor under a name; returns the name.
  @discardableResult mutating func addTensor(_ name: String, _ tensor: Tensor) -> String {
    var proto = OnnxTensorProto()
    proto.name = name
    proto.dims = tensor.shape.map(Int64.init)
    proto.dataType = Int32(OnnxTensorProto.DataType(tensor.dtype).rawValue)
    proto.rawData = tensor.withElementBytes { Data($0) }
    graph.initializer.append(proto)
    return name
  }

  /// The name of a constant list of integers; the same list is kept once.
  mutating func integers(_ values: Int...) -> String {
    let name = "int64" + values.map { $0 < 0 ? "_minus\(-$0)" : "_\($0)" }.joined()
    if constantNames.insert(name).inserted {
      addTensor(name, Tensor(values.map(Int64.init), shape: [values.count]))
    }
    return name
  }

  // MARK: - Inputs and outputs

  mutating func addInput(_ name: String, _ dtype: DType, _ sizes: [Size], comment: String) {
    graph.input.append(OnnxValueInfoProto(name, dtype, sizes, comment: comment))
  }

  mutating func addOutput(_ name: String, _ dtype: DType, _ sizes: [Size], comment: String) {
    graph.output.append(OnnxValueInfoProto(name, dtype, sizes, comment: comment))
  }
}

extension OnnxTensorProto.DataType {
  /// The type that holds a tensor's elements as they are.
  init(_ dtype: DType) {
    switch dtype {
    case .float32: self = .float
    case .float64: self = .double
    case .int64: self = .int64
    }
  }
}

extension OnnxValueInfoProto {
  fileprivate init(_ name: String, _ dtype: DType, _ sizes: [OnnxGraphBuilder.Size], comment: String) {
    self.init()
    self.name = name
    docString = comment
    type.tensorType.elemType = Int32(OnnxTensorProto.DataType(dtype).rawValue)
    type.tensorType.shape.dim = sizes.map { size in
      var dimension = OnnxTensorShapeProto.Dimension()
      switch size {
      case .fixed(let value): dimension.dimValue = Int64(value)
      case .named(let name): dimension.dimParam = name
      }
      return dimension
    }
  }
}

extension OnnxAttributeProto {
  /// An integer.
  init(_ name: String, _ value: Int) {
    self.init(name, .int)
    i = Int64(value)
  }

  /// A list of integers.
  init(_ name: String, _ values: [Int]) {
    self.init(name, .ints)
    ints = values.map(Int64.init)
  }

  /// A number.
  init(_ name: String, _ value: Float) {
    self.init(name, .float)
    f = value
  }

  /// A list of numbers.
  init(_ name: String, _ values: [Float]) {
    self.init(name, .floats)
    floats = values
  }

  /// A string.
  init(_ name: String, _ value: String) {
    self.init(name, .string)
    s = Data(value.utf8)
  }

  /// A list of strings.
  init(_ name: String, _ values: [String]) {
    self.init(name, .strings)
    strings = values.map { Data($0.utf8) }
  }

  private init(_ name: String, _ type: AttributeType) {
    self.init()
    self.name = name
    self.type = type
  }
}
