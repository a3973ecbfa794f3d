import RecurrentKernels
import RecurrentTensors

// Operators that make tensors, tell of them or change their type. https://onnx.ai/onnx/operators has each one's definition.

extension GraphCall {
  /// A tensor that is written in the graph.
  func constant() throws -> Tensor {
    if case .tensor(let tensor) = node.attributes["value"] { return tensor }
    if let value = try number("value_float") { return Tensor(scalar: Float(value)) }
    if let values = try numbers("value_floats") { return Tensor(values.map { Float($0) }) }
    if let value = try integer("value_int") { return Tensor(scalar: Int64(value)) }
    if let values = try integers("value_ints") {
      return Tensor(values.map { Int64($0) }, shape: [values.count])
    }
    let names = node.attributes.keys.sorted().joined(separator: ", ")
    throw error(found: names.isEmpty ? "no value" : names, expected: "a tensor, numbers or integers")
  }

  /// One value in every place of a shape.
  func filled() throws -> Tensor {
    guard let wanted = try integers(0) else { throw error(found: "no shape", expected: "an input 0") }
    let shape = try proven(wanted)
    guard let attribute = node.attributes["value"] else { return Tensor(zeros: shape) }
    guard case .tensor(let value) = attribute, value.count == 1 else {
      throw wrongAttribute("value", "a tensor of one element")
    }
    return value.reshaped([]).broadcast(to: shape)
  }

  /// The extents of a tensor, or of some of its axes.
  func shape() throws -> Tensor {
    let shape = try input(0).shape
    func bound(_ name: String, _ standard: Int) throws -> Int {
      let place = try integer(name) ?? standard
      return min(max(place < 0 ? place + shape.count : place, 0), shape.count)
    }
    let (start, end) = (try bound("start", 0), try bound("end", shape.count))
    let extents = start < end ? shape[start..<end].map { Int64($0) } : []
    return Tensor(extents, shape: [extents.count])
  }

  /// The same numbers in another type. Integers of 32 bits and truth values are kept as int64.
  func cast() throws -> Tensor {
    let x = try input(0)
    guard let number = try integer("to"), let code = Int32(exactly: number) else {
      throw error(found: "no type", expected: "attribute `to`")
    }
    switch OnnxTensorProto.DataType(rawValue: Int(code)) {
    case .float: return x.asType(.float32)
    case .double: return x.asType(.float64)
    case .int64: return x.truncated { $0 }
    case .int32: return x.truncated { Int64(Int32(truncatingIfNeeded: $0)) }
    case .bool:
      let numbers = x.dtype == .int64 ? x : x.differsFromZero()
      return numbers.truncated { $0 == 0 ? 0 : 1 }
    default:
      let name = OnnxTensorProto.DataType.text(code)
      throw error(found: name, expected: "float, double, int64, int32 or bool")
    }
  }
}

extension Tensor {
  /// Numbers without their fractions; what int64 cannot hold becomes its bounds, and NaN 0.
  fileprivate func truncated(_ integer: (Int64) -> Int64) -> Tensor {
    let numbers =
      dtype == .int64
      ? scalars(as: Int64.self) : asType(.float64).scalars(as: Double.self).map { Int64(saturating: $0) }
    return Tensor(numbers.map(integer), shape: shape)
  }

  fileprivate func differsFromZero() -> Tensor {
    let numbers = asType(.float64).scalars(as: Double.self)
    return Tensor(numbers.map { $0 == 0 ? Int64(0) : 1 }, shape: shape)
  }
}

extension Int64 {
  fileprivate init(saturating number: Double) {
    if let exact = Int64(exactly: number.rounded(.towardZero)) {
      self = exact
    } else {
      self = number.isNaN ? 0 : number > 0 ? .max : .min
    }
  }
}
