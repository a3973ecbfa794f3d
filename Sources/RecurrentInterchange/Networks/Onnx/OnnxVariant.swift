import RecurrentKernels
import RecurrentLayers

// What a cell computes, as attributes of ONNX's operators.

extension CellVariant {
  /// The attributes that say how a cell departs from the operator's default.
  ///
  /// - Throws: ``FileError`` if a number is no float32 and would be another in a network of float64.
  func onnxAttributes(
    of kind: RecurrentNetwork.Kind, directionCount: Int, _ dtype: DType
  ) throws -> [OnnxAttributeProto] {
    var attributes: [OnnxAttributeProto] = []
    if let activations {
      let functions = Array(repeating: activations, count: directionCount).flatMap(\.self)
      let names = functions.map(\.onnxName)
      let numbers = try functions.map { try $0.numbers.map { try Float(exactlyIn: dtype, $0) } }
      attributes.append(.init("activations", names))
      attributes.append(contentsOf: Self.numberAttributes(numbers))
    }
    if let clip { attributes.append(.init("clip", try Float(exactlyIn: dtype, clip))) }
    if couplesInputAndForget { attributes.append(.init("input_forget", 1)) }
    if kind == .gru && !resetsBeforeProduct { attributes.append(.init("linear_before_reset", 1)) }
    return attributes
  }

  /// The variant out of an operator's attributes, saying nothing that is PyTorch's cell anyway.
  func shortened(_ kind: RecurrentNetwork.Kind, _ dtype: DType) -> CellVariant {
    var variant = self
    variant.activations = activations?.map { $0.replacingNumbers { Double(attribute: Float($0), dtype) } }
    variant.clip = clip.map { Double(attribute: Float($0), dtype) }
    return variant.simplified(for: kind)
  }

  /// The first and second numbers of those functions that have them.
  private static func numberAttributes(_ numbers: [[Float]]) -> [OnnxAttributeProto] {
    [("activation_alpha", 0), ("activation_beta", 1)].compactMap { name, place in
      let values = numbers.filter { $0.count > place }.map { $0[place] }
      return values.isEmpty ? nil : .init(name, values)
    }
  }
}

extension Activation {
  /// ONNX's name of the function.
  var onnxName: String {
    switch self {
    case .tanh: "Tanh"
    case .sigmoid: "Sigmoid"
    case .relu: "Relu"
    case .affine: "Affine"
    case .leakyRelu: "LeakyRelu"
    case .thresholdedRelu: "ThresholdedRelu"
    case .scaledTanh: "ScaledTanh"
    case .hardSigmoid: "HardSigmoid"
    case .elu: "Elu"
    case .softsign: "Softsign"
    case .softplus: "Softplus"
    }
  }

  /// The same function of the numbers that `change` makes of its own.
  func replacingNumbers(_ change: (Double) -> Double) -> Activation {
    switch self {
    case .tanh, .sigmoid, .relu, .softsign, .softplus: self
    case .affine(let alpha, let beta): .affine(alpha: change(alpha), beta: change(beta))
    case .leakyRelu(let alpha): .leakyRelu(alpha: change(alpha))
    case .thresholdedRelu(let alpha): .thresholdedRelu(alpha: change(alpha))
    case .scaledTanh(let alpha, let beta): .scaledTanh(alpha: change(alpha), beta: change(beta))
    case .hardSigmoid(let alpha, let beta): .hardSigmoid(alpha: change(alpha), beta: change(beta))
    case .elu(let alpha): .elu(alpha: change(alpha))
    }
  }
}

extension Float {
  /// A number of a network as an attribute, which is a float32. In a network of float32 it is rounded to that anyway.
  init(exactlyIn dtype: DType, _ value: Double) throws {
    self = Float(value)
    guard isFinite && (dtype == .float32 || Double(self) == value) else {
      throw FileError(
        .inexpressible, at: .init(file: ""), found: "\(value) in a network of \(dtype)",
        expected: "a finite number that float32 holds, as attributes of ONNX are")
    }
  }
}

extension Double {
  /// A number out of an attribute. In a network of float32 it is the shortest that is rounded to the attribute, so that
  /// 0.1 comes back as 0.1; one of float64 computes with the attribute itself.
  init(attribute value: Float, _ dtype: DType) {
    self = Double(value)
    if dtype == .float32, let shortest = Double("\(value)"), Float(shortest) == value { self = shortest }
  }
}
