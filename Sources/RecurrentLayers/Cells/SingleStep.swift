import RecurrentKernels
import RecurrentTensors

extension RecurrentCell {
  /// One step of a batch `[N, I]` or of a single row `[I]`, by the same function that computes sequences.
  func singleStep(_ input: Tensor, from state: State?) -> State {
    let batchSize = input.rank == 2 ? input.shape[0] : 1
    let initial = initialState(batchSize: batchSize)
    checkInput(input, dtype: initial.stateTensors[0].dtype)
    if let state { check(state, against: initial, isBatched: input.rank == 2) }
    let packing = PackedBatch(stepCount: 1, batchSize: batchSize)
    let rows = input.reshaped([batchSize, inputSize])
    let next = sequence(
      rows, packing: packing, reversed: false, from: state.map(asRows) ?? initial)
    return input.rank == 2 ? next.state : next.state.map { $0.reshaped([$0.count]) }
  }

  private func asRows(_ state: State) -> State {
    state.map { $0.rank == 1 ? $0.reshaped([1, $0.count]) : $0 }
  }

  private func checkInput(_ input: Tensor, dtype: DType) {
    precondition(
      (1...2).contains(input.rank) && input.shape.last == inputSize,
      "\(Self.self): input is \(input.shape), expected [N, \(inputSize)] or [\(inputSize)] (inputSize \(inputSize))"
    )
  }

  private func check(_ state: State, against initial: State, isBatched: Bool) {
    for (index, zeros) in initial.stateTensors.enumerated() {
      let expected = isBatched ? zeros.shape : Array(zeros.shape.dropFirst())
      let tensor = state.stateTensors[index]
      precondition(
        tensor.shape == expected,
        "\(Self.self): \(State.stateNames[index]) state is \(tensor.shape), expected \(expected)")
      precondition(
        tensor.dtype == zeros.dtype,
        "\(Self.self): \(State.stateNames[index]) state is \(tensor.dtype), expected \(zeros.dtype)")
    }
  }
}
