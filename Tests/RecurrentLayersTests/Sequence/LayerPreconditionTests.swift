import Recurrent
import Testing

/// Misuse stops with a message that names the operation, the shapes and the rule.
@Suite struct LayerPreconditionTests {
  @Test func inputOfAnotherSize() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LSTM(inputSize: 5, hiddenSize: 2)(Tensor(zeros: [3, 6]))
    }
    expect(result, "LSTM: input is [3, 6], expected [T, N, 5] or [T, 5] (inputSize 5)")
  }

  @Test func inputOfAnotherType() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GRU(inputSize: 5, hiddenSize: 2)(Tensor(zeros: [3, 5], dtype: .float64))
    }
    expect(result, "GRU: input is float64, expected float32 (the parameters' type)")
  }

  @Test func noTimeStep() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = RNN(inputSize: 5, hiddenSize: 2, batchFirst: true)(Tensor(zeros: [3, 0, 5]))
    }
    expect(result, "RNN: input is [3, 0, 5], expected at least one time step")
  }

  @Test func stateOfAnotherShape() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let state = LSTMState(hidden: Tensor(zeros: [2, 3, 4]), cell: Tensor(zeros: [2, 4]))
      _ = LSTM(inputSize: 5, hiddenSize: 4, bidirectional: true)(
        Tensor(zeros: [1, 3, 5]), initialState: state)
    }
    expect(result, "LSTM: initial cell state is [2, 4], expected [2, 3, 4] [D·L, N, ·]")
  }

  @Test func lengthsThatDoNotFit() async {
    let few = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = RNN(inputSize: 5, hiddenSize: 2)(Tensor(zeros: [1, 3, 5]), lengths: [1])
    }
    expect(few, "RNN: lengths has 1 elements, expected 3 (N)")
    let long = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = RNN(inputSize: 5, hiddenSize: 2)(Tensor(zeros: [2, 2, 5]), lengths: [1, 3])
    }
    expect(long, "RNN: lengths[1] is 3, expected 0...2 (T)")
  }

  @Test func sizesOutOfRange() async {
    let hidden = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GRU(inputSize: 5, hiddenSize: 0)
    }
    expect(hidden, "GRU: hiddenSize is 0, expected at least 1")
    let projection = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LSTM(inputSize: 5, hiddenSize: 4, projectionSize: 4)
    }
    expect(projection, "LSTM: projectionSize is 4, expected 0..<4 (hiddenSize 4)")
  }

  @Test func streamsOfBothDirections() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = RNN(inputSize: 5, hiddenSize: 2, bidirectional: true).makeStream()
    }
    expect(result, "RNN.makeStream: the layer is bidirectional, expected forward only")
  }

  private func expect(
    _ result: ExitTest.Result?, _ message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(message), sourceLocation: sourceLocation)
  }
}
