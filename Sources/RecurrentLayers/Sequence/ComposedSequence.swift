package import RecurrentTensors

// A sequence as steps made of tensor operations: what every cell can do, and what fused kernels are tested against.

extension RecurrentCell {
  /// ``RecurrentCell/sequence(_:packing:reversed:from:)`` by ``RecurrentCell/step(_:from:)``.
  ///
  /// Rows are sorted by falling length, so that reading forward, sequences end from the last row on; reading in
  /// reverse, they begin from the first row on.
  package func composedSequence(
    _ input: Tensor, packing: PackedBatch, reversed: Bool, from state: State
  ) -> (output: Tensor, state: State) {
    guard packing.rowCount > 0 else {
      return (Tensor(zeros: [0, outputSize], dtype: input.dtype), state)
    }
    return reversed
      ? backwardSteps(input, packing, from: state) : forwardSteps(input, packing, from: state)
  }

  private func forwardSteps(
    _ input: Tensor, _ packing: PackedBatch, from state: State
  ) -> (output: Tensor, state: State) {
    var outputs: [Tensor] = []
    var current = state
    var ended: [State] = []
    var alive = packing.batchSize
    for (time, size) in packing.batchSizes.enumerated() {
      if size < alive {
        ended.append(current.rows(size..<alive))
        current = current.rows(0..<size)
        alive = size
      }
      let next = step(input[packing.rows(at: time)], from: current)
      outputs.append(next.output)
      current = next.state
    }
    return (joinRows(outputs), State.merging([current] + ended.reversed(), joinRows))
  }

  private func backwardSteps(
    _ input: Tensor, _ packing: PackedBatch, from state: State
  ) -> (output: Tensor, state: State) {
    var outputs: [Tensor] = []
    var current: [State] = []
    var alive = 0
    for (time, size) in packing.batchSizes.enumerated().reversed() {
      if size > alive {
        current.append(state.rows(alive..<size))
        alive = size
      }
      let next = step(input[packing.rows(at: time)], from: State.merging(current, joinRows))
      outputs.append(next.output)
      current = [next.state]
    }
    if alive < packing.batchSize { current.append(state.rows(alive..<packing.batchSize)) }
    return (joinRows(outputs.reversed()), State.merging(current, joinRows))
  }
}

/// Tensors one below the other.
func joinRows(_ parts: [Tensor]) -> Tensor {
  parts.count == 1 ? parts[0] : Tensor.concatenated(parts, axis: 0)
}
