import RecurrentTensors

/// Which axes an input has, and the way to the time-major form `[T, N, ·]` and back.
enum InputLayout {
  /// `[T, N, ·]`
  case timeMajor
  /// `[N, T, ·]`
  case batchFirst
  /// `[T, ·]`
  case unbatched

  func timeMajor(_ tensor: Tensor) -> Tensor {
    switch self {
    case .timeMajor: tensor
    case .batchFirst: tensor.transposed(0, 1)
    case .unbatched: tensor.reshaped([tensor.shape[0], 1, tensor.shape[1]])
    }
  }

  func restore(_ output: Tensor) -> Tensor {
    switch self {
    case .timeMajor: output
    case .batchFirst: output.transposed(0, 1)
    case .unbatched: output.reshaped([output.shape[0], output.shape[2]])
    }
  }

  /// States are `[D·L, N, ·]` in both batched layouts.
  func batched<State: RecurrentState>(_ state: State) -> State {
    guard case .unbatched = self else { return state }
    return state.map { $0.reshaped([$0.shape[0], 1, $0.shape[1]]) }
  }

  func restore<State: RecurrentState>(_ state: State) -> State {
    guard case .unbatched = self else { return state }
    return state.map { $0.reshaped([$0.shape[0], $0.shape[2]]) }
  }
}
