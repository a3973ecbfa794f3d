import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// Finds the linear layer behind a network, and the activation after it, on the way to an output of the graph.
///
/// A product after which anything else stands is no head: without what follows, the network would compute something else.
struct OnnxHeadReader {
  /// An operator on the way: its name, the constant beside its input, its attributes.
  private struct Step {
    let operation: String
    let number: Double?
    let alpha, beta: Double?
  }

  let index: OnnxGraphIndex
  let features: Int
  let dtype: DType

  /// The head that begins at a product, and the values that it is made of; nil if it is none.
  func head(at product: OnnxWalk.Product) -> (head: StoredNetwork.Head, values: [String])? {
    let node = index.nodes[product.place]
    guard let weight = weight(node), var value = node.outputs.first else { return nil }
    var values = Array(node.inputs.dropFirst().filter { !$0.isEmpty })
    var bias: Tensor?
    if values.count == 2 {
      bias = index.constant(values[1])
      let size = weight.shape[0]
      guard let given = bias, given.count == size, given.shape.last == size, given.dtype == dtype else {
        return nil
      }
      bias = given.reshaped([size])
    } else if !index.outputNames.contains(value),
      let (output, constant, name) = addition(to: value, weight.shape[0])
    {
      (bias, value) = (constant, output)
      values.append(name)
    }
    guard let steps = steps(from: value, &values), let activation = Self.activation(steps, dtype),
      activation.function?.isFinite ?? true
    else { return nil }
    let head = StoredNetwork.Head(
      weight: weight, bias: bias, activation: activation.function, isOfLastStep: product.isOfLastStep)
    return (head, values)
  }

  /// The weight `[out, features]` of MatMul or Gemm; nil if it is none, or scaled.
  private func weight(_ node: GraphNode) -> Tensor? {
    let isGemm = node.operatorName == "Gemm"
    guard node.inputs.count == 2 || (isGemm && node.inputs.count == 3),
      let weight = index.constant(node.inputs[1]), weight.rank == 2, weight.count > 0, weight.dtype == dtype,
      index.work.spend(weight.count)
    else { return nil }
    if isGemm, !isPlain(node) { return nil }
    let isTransposed = if case .integer(1)? = node.attributes["transB"] { true } else { false }
    let rows = isGemm && isTransposed ? weight : weight.transposed(0, 1)
    return rows.shape[1] == features ? rows : nil
  }

  /// Whether a Gemm takes its input as it is, and scales nothing.
  private func isPlain(_ node: GraphNode) -> Bool {
    if case .integer(let number)? = node.attributes["transA"], number != 0 { return false }
    return ["alpha", "beta"].allSatisfy {
      if case .float(let scale)? = node.attributes[$0] { scale == 1 } else { true }
    }
  }

  // MARK: - Bias

  private func addition(to value: String, _ size: Int) -> (output: String, bias: Tensor, name: String)? {
    guard let node = onlyReader(of: value), node.operatorName == "Add", let output = node.outputs.first,
      let other = node.inputs.first(where: { $0 != value }), let bias = index.constant(other),
      bias.shape == [size], bias.dtype == dtype
    else { return nil }
    return (output, bias, other)
  }

  private func onlyReader(of value: String) -> GraphNode? {
    let readers = index.readers(of: value)
    return readers.count == 1 ? index.nodes[readers[0]] : nil
  }

  // MARK: - Activation

  /// Operators that change no number; what else they read says shapes and axes.
  private static let rearranging: Set<String> = [
    "Identity", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten",
  ]

  /// The operators between a value and an output of the graph; nil if none is reached.
  private func steps(from start: String, _ values: inout [String]) -> [Step]? {
    var steps: [Step] = []
    var value = start
    while !index.outputNames.contains(value) {
      guard steps.count < 4, let node = onlyReader(of: value), let output = node.outputs.first else {
        return nil
      }
      value = output
      if Self.rearranging.contains(node.operatorName) { continue }
      guard let step = step(node, &values) else { return nil }
      steps.append(step)
    }
    return steps
  }

  private func step(_ node: GraphNode, _ values: inout [String]) -> Step? {
    func attribute(_ name: String) -> Double? {
      guard case .float(let value)? = node.attributes[name] else { return nil }
      return value
    }
    let constants = node.inputs.filter { index.constant($0) != nil }
    guard node.inputs.count - constants.count == 1, constants.count <= 1 else { return nil }
    let number = constants.first.flatMap { index.constant($0) }
    if let number, number.count != 1 || number.dtype != dtype { return nil }
    values.append(contentsOf: constants)
    return Step(
      operation: node.operatorName, number: number.map { $0.reshaped([]).asType(.float64).item() },
      alpha: attribute("alpha"), beta: attribute("beta"))
  }

  /// What steps amount to; nil if that is no one function.
  private static func activation(_ steps: [Step], _ dtype: DType) -> (function: Activation?, Void)? {
    func number(_ step: Step) -> Double? {
      step.number.map { dtype == .float32 ? Double(attribute: Float($0), dtype) : $0 }
    }
    switch steps.map(\.operation) {
    case []: return (nil, ())
    case ["Mul", "Add"]:
      guard let alpha = number(steps[0]), let beta = number(steps[1]) else { return nil }
      return (.affine(alpha: alpha, beta: beta), ())
    case ["Mul", "Tanh", "Mul"]:
      guard let beta = number(steps[0]), let alpha = number(steps[2]) else { return nil }
      return (.scaledTanh(alpha: alpha, beta: beta), ())
    default:
      guard steps.count == 1, steps[0].number == nil else { return nil }
      return single(steps[0], dtype).map { ($0, ()) }
    }
  }

  private static func single(_ step: Step, _ dtype: DType) -> Activation? {
    func rounded(_ value: Double?) -> [Double] { value.map { [Double(attribute: Float($0), dtype)] } ?? [] }
    if step.operation == "ThresholdedRelu" {
      // x > alpha is x >= the number above alpha.
      guard dtype == .float32 else { return nil }
      return .thresholdedRelu(alpha: Double(attribute: Float(step.alpha ?? 1).nextUp, dtype))
    }
    if ["Affine", "ScaledTanh"].contains(step.operation) { return nil }
    var (alphas, betas) = (rounded(step.alpha)[...], rounded(step.beta)[...])
    return Activation(onnx: step.operation, &alphas, &betas)
  }
}
