import Synchronization

/// How a watched tensor came about: one output of a recorded step.
struct Origin {
  let step: RecordedStep
  let output: Int
}

/// One step of a computation, as the way back needs it: what went in, and how gradients of the outputs become
/// gradients of the inputs.
///
/// Derivatives hold detached tensors only, so that the graph's edges are `inputs` alone.
final class RecordedStep: @unchecked Sendable {
  /// Grows with every step, so that a step's inputs have smaller numbers: the way back goes by descending `id`.
  let id: Int
  let outputCount: Int
  let inputShapes: [Shape]
  let derivative: ([Tensor?]) -> [Tensor?]
  private(set) var inputs: [Origin?]

  private static let lastID = Atomic<Int>(0)

  init(outputCount: Int, inputs: [Tensor], derivative: @escaping ([Tensor?]) -> [Tensor?]) {
    id = Self.lastID.add(1, ordering: .relaxed).newValue
    self.outputCount = outputCount
    self.inputs = inputs.map(\.origin)
    inputShapes = inputs.map(\.shape)
    self.derivative = derivative
  }

  // A long chain of steps would otherwise be freed by recursion as deep as the chain, and overflow the stack.
  deinit {
    var pending = inputs.compactMap { $0?.step }
    inputs = []
    while var step = pending.popLast() {
      guard isKnownUniquelyReferenced(&step) else { continue }
      pending += step.inputs.compactMap { $0?.step }
      step.inputs = []
    }
  }
}
