import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

// ONNX's RNN, GRU and LSTM: https://onnx.ai/onnx/operators/onnx__LSTM.html and its siblings.

extension GraphCall {
  /// All states, the last hidden state and, of an LSTM, the last cell state, computed by this library's cells.
  ///
  /// Directions are cells of their own: their activations may differ. Steps after a sequence's end are zeros.
  func recurrent(_ kind: RecurrentNetwork.Kind) throws -> [Tensor?] {
    let settings = try RecurrentSettings(self, kind)
    let arrays = try RecurrentArrays(self, settings)
    let runs = settings.reversals.indices.map { arrays.run(settings, direction: $0) }
    let output = Tensor.stacked(runs.map(\.output), axis: 1)
    let states = arrays.states.indices.map { place in Tensor.stacked(runs.map { $0.state[place] }) }
    guard settings.isBatchFirst else { return [output] + states }
    return [output.permuted([2, 0, 1, 3])] + states.map { $0.transposed(0, 1) }
  }
}

extension RecurrentArrays {
  /// One direction's output `[T, N, H]` and last states `[N, H]`.
  fileprivate func run(
    _ settings: RecurrentSettings, direction: Int
  ) -> (output: Tensor, state: [Tensor]) {
    let initial = states.map { $0[direction] }
    if packing.rowCount == 0 {
      let shape = [input.shape[0], input.shape[1], weights.hiddenSize]
      return (Tensor(zeros: shape, dtype: input.dtype), initial)
    }
    let weights = weights.cell(direction: direction, kind: settings.kind)
    let (variant, isReversed) = (settings.variants[direction], settings.reversals[direction])
    switch settings.kind {
    case .rnn: return run(RNNCell(weights: weights, variant: variant), isReversed, initial)
    case .gru: return run(GRUCell(weights: weights, variant: variant), isReversed, initial)
    case .lstm: return run(LSTMCell(weights: weights, variant: variant), isReversed, initial)
    }
  }

  private func run<Cell: RecurrentCell>(
    _ cell: Cell, _ isReversed: Bool, _ initial: [Tensor]
  ) -> (output: Tensor, state: [Tensor]) {
    let result = cell.sequence(
      packing.gather(input), packing: packing, reversed: isReversed,
      from: Cell.State(stateTensors: initial.map { packing.sort($0) }))
    return (packing.scatter(result.output), result.state.stateTensors.map { packing.unsort($0) })
  }
}
