import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// A head as ONNX's operators: a product with the weight's transpose, the bias, and the activation.
struct OnnxHead {
  let head: StoredNetwork.Head

  init(_ head: StoredNetwork.Head) {
    self.head = head
  }

  private var dtype: DType { head.weight.dtype }

  /// - Throws: ``FileError`` if an attribute cannot hold the activation's number.
  func write(to builder: inout OnnxGraphBuilder, from input: String, into output: String) throws {
    let steps = try activationSteps()
    let linear = steps.isEmpty ? output : "head.linear"
    let weight = builder.addTensor("head.weight", head.weight.transposed(0, 1))
    var value = builder.add("MatMul", [input, weight], [head.bias == nil ? linear : "head.product"])
    if let bias = head.bias {
      value = builder.add("Add", [value, builder.addTensor("head.bias", bias)], [linear])
    }
    for (place, step) in steps.enumerated() {
      let name = place == steps.count - 1 ? output : "head.step\(place)"
      let factor = step.number.map {
        [builder.addTensor("head.number\(place)", Tensor(scalar: $0, dtype: dtype))]
      }
      value = builder.add(
        step.operation, [value] + (factor ?? []), [name], attributes: step.attributes)
    }
  }

  /// An operator of one input, or one with a constant beside it.
  private struct Step {
    var operation: String
    var number: Double?
    var attributes: [OnnxAttributeProto] = []
  }

  private func activationSteps() throws -> [Step] {
    guard let activation = head.activation else { return [] }
    switch activation {
    case .affine(let alpha, let beta):
      return [Step(operation: "Mul", number: alpha), Step(operation: "Add", number: beta)]
    case .scaledTanh(let alpha, let beta):
      return [
        Step(operation: "Mul", number: beta), Step(operation: "Tanh"), Step(operation: "Mul", number: alpha),
      ]
    case .thresholdedRelu(let alpha):
      // The operator keeps what is greater than its alpha: x >= alpha is x > the number below alpha.
      let below = try thresholdBelow(alpha)
      return [Step(operation: "ThresholdedRelu", attributes: [.init("alpha", below)])]
    default:
      let numbers = try activation.numbers.map { try Float(exactlyIn: dtype, $0) }
      let attributes = zip(["alpha", "beta"], numbers).map { OnnxAttributeProto($0, $1) }
      return [Step(operation: activation.onnxName, attributes: attributes)]
    }
  }

  private func thresholdBelow(_ alpha: Double) throws -> Float {
    guard dtype == .float32 else {
      throw FileError(
        .inexpressible, at: .init(file: ""), found: "\(alpha), a threshold of a head of float64",
        expected: "a network of float32: the operator's attribute is a float32")
    }
    return Float(alpha).nextDown
  }
}
