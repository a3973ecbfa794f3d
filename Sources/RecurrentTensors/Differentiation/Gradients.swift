import RecurrentKernels

/// The value of a function and its gradient with respect to each input, by reverse-mode differentiation.
///
/// ```swift
/// let (value, gradients) = valueAndGradients(at: [Tensor([1, 2, 3])]) { ($0[0] * $0[0]).sum() }
/// // value 14, gradients[0] = [2, 4, 6]
/// ```
///
/// PyTorch: `torch.autograd.grad(body(inputs), inputs)`. Gradients of gradients are not recorded.
///
/// - Parameters:
///   - inputs: Floating-point tensors of any shapes.
///   - body: Computes a scalar from the inputs by operations on tensors.
/// - Returns: The scalar, and one gradient for each input, of its shape; zeros where the value does not depend on it.
/// - Precondition: `body` returns a tensor with one element.
/// - Complexity: A small multiple of the time of `body`; memory for every intermediate result that a derivative needs.
public func valueAndGradients(
  at inputs: [Tensor], of body: ([Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor]) {
  let watched = inputs.map { $0.watched() }
  let value = try body(watched)
  return (value.detached(), value.gradients(at: watched))
}

extension Tensor {
  /// The gradients of this scalar with respect to watched tensors, in their order.
  package func gradients(at watched: [Tensor]) -> [Tensor] {
    precondition(
      count == 1 && dtype.isFloatingPoint,
      "valueAndGradients: the value is \(dtype) \(shape), expected one floating-point element")
    let one = Tensor(filled: 1, shape: shape, dtype: dtype)
    return Tensor.pullback([(self, one)], to: watched)
  }

  /// Carries gradients back: for outputs y with gradients g, the gradients of `sum(g * y)` at watched tensors.
  ///
  /// Steps are undone by descending number and gradients that meet are added in that order, so the result is the
  /// same bits on every run.
  package static func pullback(_ outputs: [(Tensor, Tensor)], to watched: [Tensor]) -> [Tensor] {
    var arrived = GradientTable()
    for (output, gradient) in outputs {
      if let origin = output.origin { arrived.add(gradient, at: origin) }
    }
    for step in stepsDescending(from: outputs.compactMap { $0.0.origin?.step }) {
      undo(step, &arrived)
    }
    return watched.map { tensor in
      tensor.origin.flatMap { arrived.gradient(at: $0) } ?? Tensor(zeros: tensor.shape, dtype: tensor.dtype)
    }
  }

  private static func undo(_ step: RecordedStep, _ arrived: inout GradientTable) {
    guard !step.inputs.isEmpty, let outputs = arrived.take(step) else { return }
    let gradients = step.derivative(outputs)
    precondition(
      gradients.count == step.inputs.count,
      "recorded: the derivative returned \(gradients.count) gradients, expected \(step.inputs.count)")
    for (index, input) in step.inputs.enumerated() {
      guard let input, let gradient = gradients[index] else { continue }
      precondition(
        gradient.shape == step.inputShapes[index],
        "recorded: gradient \(index) is \(gradient.shape), expected \(step.inputShapes[index])")
      arrived.add(gradient, at: input)
    }
  }

  /// Every step that `roots` depend on, latest first.
  private static func stepsDescending(from roots: [RecordedStep]) -> [RecordedStep] {
    var found: [Int: RecordedStep] = [:]
    var pending = roots
    while let step = pending.popLast() {
      guard found.updateValue(step, forKey: step.id) == nil else { continue }
      for case let input? in step.inputs where found[input.step.id] == nil { pending.append(input.step) }
    }
    return found.values.sorted { $0.id > $1.id }
  }
}

/// The gradients that have arrived at the outputs of steps not yet undone.
private struct GradientTable {
  private var gradients: [Int: [Tensor?]] = [:]

  func gradient(at origin: Origin) -> Tensor? { gradients[origin.step.id]?[origin.output] }

  mutating func take(_ step: RecordedStep) -> [Tensor?]? { gradients.removeValue(forKey: step.id) }

  mutating func add(_ gradient: Tensor, at origin: Origin) {
    let empty = [Tensor?](repeating: nil, count: origin.step.outputCount)
    gradients[origin.step.id, default: empty][origin.output].accumulate(gradient.detached())
  }
}

extension Tensor? {
  /// Adds in place where nobody else holds the sum so far.
  fileprivate mutating func accumulate(_ gradient: Tensor) {
    guard var sum = take() else {
      self = gradient
      return
    }
    let memory = sum.uniqueStorage()
    Kernels.binary(
      .add, sum.dtype, Operand(memory), Operand(gradient.memory), into: memory, count: sum.count)
    self = sum
  }
}
