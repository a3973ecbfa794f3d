import Recurrent
import RecurrentTestSupport
import Testing

@Suite struct RecurrentStreamTests {
  private func advance(_ stream: inout RecurrentStream<LSTMCell>, _ frame: [Float]) -> [Float] {
    var output = ContiguousArray<Float>(repeating: .nan, count: stream.batchSize * stream.outputSize)
    frame.withUnsafeBufferPointer { frame in
      output.withUnsafeMutableBufferPointer { output in
        var span = output.mutableSpan
        stream.advance(frame.span, into: &span)
      }
    }
    return Array(output)
  }

  @Test func resetGoesBackToTheBeginning() {
    var stream = LSTM(inputSize: 2, hiddenSize: 3).makeStream(batchSize: 2)
    let first = advance(&stream, [1, 2, 3, 4])
    let second = advance(&stream, [1, 2, 3, 4])
    #expect(first != second)
    stream.reset()
    #expect(advance(&stream, [1, 2, 3, 4]) == first)
  }

  @Test func theStateCanBeReadAndPutBack() {
    var stream = LSTM(inputSize: 2, hiddenSize: 3, layerCount: 2).makeStream()
    _ = advance(&stream, [1, 2])
    let state = stream.state
    #expect(state.hidden.shape == [2, 1, 3])
    let second = advance(&stream, [3, 4])
    _ = advance(&stream, [5, 6])
    stream.state = state
    #expect(advance(&stream, [3, 4]) == second)
  }

  @Test func copiesGoOnSeparately() {
    var stream = LSTM(inputSize: 2, hiddenSize: 3).makeStream()
    var copy = stream
    let first = advance(&stream, [1, 2])
    _ = advance(&stream, [3, 4])
    #expect(advance(&copy, [1, 2]) == first)
  }

  @Test func float64LayersTakeDoubles() {
    let gru = GRU(inputSize: 2, hiddenSize: 3, dtype: .float64)
    var stream = gru.makeStream()
    var output = ContiguousArray<Double>(repeating: .nan, count: 3)
    ContiguousArray([0.5, -1]).withUnsafeBufferPointer { frame in
      output.withUnsafeMutableBufferPointer { output in
        var span = output.mutableSpan
        stream.advance(frame.span, into: &span)
      }
    }
    let expected = gru(Tensor([[[0.5, -1]]], dtype: .float64)).output
    #expect(Array(output) == expected.doubles)
  }

  @Test func dropoutNeverActs() {
    let lstm = LSTM(inputSize: 2, hiddenSize: 3, layerCount: 2, dropout: 0.9)
    var silent = lstm
    silent.setTraining(false)
    var stream = lstm.makeStream()
    #expect(advance(&stream, [1, 2]).map(Double.init) == silent(Tensor([[[1, 2]]])).output.doubles)
  }
}
