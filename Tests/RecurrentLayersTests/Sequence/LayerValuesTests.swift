import Recurrent
import RecurrentTestSupport
import Testing

/// The lines of the README, and values that PyTorch prints for the same seeds.
@Suite struct LayerValuesTests {
  /// PyTorch's values are printed with eight digits.
  static let printedDigits = 1e-7

  @Test func theFirstLinesOfTheREADMEPrintPyTorchsValues() {
    let rnn = RNN(inputSize: 5, hiddenSize: 2, batchFirst: true, generator: Generator(seed: 1))
    let x = Tensor([[[1, 1, 1, 1, 1], [2, 2, 2, 2, 2], [3, 3, 3, 3, 3]]])
    let (output, hidden) = rnn(x)
    let expected = Tensor([
      [[-0.351_980_1, 0.525_252_16], [-0.684_243_44, 0.760_742_66], [-0.864_941_6, 0.904_663_6]]
    ])
    expectClose(output, expected, tolerance: Self.printedDigits)
    expectSameBits(hidden, output[0][2].reshaped([1, 1, 2]))
    #expect(rnn.parameters["weight_ih_l0"]!.shape == [2, 5])
  }

  /// RNN(4, 8) on the letters of hello, olleh, lleel, one-hot, time first.
  @Test func theLettersGiveThePublishedRows() {
    let rnn = RNN(inputSize: 4, hiddenSize: 8, generator: Generator(seed: 0))
    let letters = ["hello", "olleh", "lleel"].map { word in
      Tensor(word.map { Int64("helo".firstIndex(of: $0)!.utf16Offset(in: "helo")) }, shape: [5])
    }
    let (output, hidden) = rnn(Tensor.stacked(letters).oneHot(classCount: 4))
    let first: [Float] = [-0.1615, -0.0684, -0.5179, -0.6718, 0.4243, 0.3967, -0.3416, -0.1014]
    let last: [Float] = [-0.3254, -0.1276, -0.7445, -0.2957, 0.1946, -0.0568, -0.0964, -0.0354]
    expectClose(output[0][0], Tensor(first), tolerance: 5e-5)
    expectClose(hidden[0][0], Tensor(last), tolerance: 5e-5)
  }

  @Test func anLSTMReturnsOutputAndState() {
    let lstm = LSTM(inputSize: 5, hiddenSize: 8, layerCount: 2, batchFirst: true, bidirectional: true)
    let x = Tensor([[[1, 1, 1, 1, 1], [2, 2, 2, 2, 2], [3, 3, 3, 3, 3]]])
    let (y, state) = lstm(x, initialState: nil, lengths: [3])
    #expect(y.shape == [1, 3, 16])
    #expect(state.hidden.shape == [4, 1, 8])
    #expect(state.cell.shape == [4, 1, 8])
    #expect(lstm(x).output.isBitwiseEqual(to: y))
  }

  @Test func aProjectionNarrowsTheHiddenStateOnly() {
    let lstm = LSTM(inputSize: 5, hiddenSize: 8, layerCount: 2, projectionSize: 3)
    let (output, state) = lstm(Tensor(ones: [7, 2, 5]))
    #expect(output.shape == [7, 2, 3])
    #expect(state.hidden.shape == [2, 2, 3])
    #expect(state.cell.shape == [2, 2, 8])
    #expect(lstm.parameters["weight_hr_l1"]?.shape == [3, 8])
    #expect(lstm.parameters["weight_ih_l1"]?.shape == [32, 3])
  }

  @Test func withoutBiasThereAreOnlyWeights() {
    let names = ["weight_ih_l0", "weight_hh_l0"]
    #expect(RNN(inputSize: 2, hiddenSize: 3, bias: false).parameters.names == names)
    #expect(LSTM(inputSize: 2, hiddenSize: 3, bias: false).parameters.names == names)
    #expect(GRU(inputSize: 2, hiddenSize: 3, bias: false).parameters.names == names)
    let gru = GRU(inputSize: 2, hiddenSize: 3, bias: false)
    #expect(gru(Tensor(zeros: [2, 1, 2])).output.doubles.allSatisfy { $0 == 0 })
  }

  @Test func layersTellHowTheyWereMade() {
    let rnn = RNN(inputSize: 2, hiddenSize: 3, layerCount: 4, nonlinearity: .relu, dropout: 0.25)
    #expect((rnn.inputSize, rnn.hiddenSize, rnn.layerCount, rnn.outputSize) == (2, 3, 4, 3))
    #expect(rnn.nonlinearity == .relu && rnn.dropout == 0.25 && !rnn.batchFirst && !rnn.isBidirectional)
    let gru = GRU(inputSize: 2, hiddenSize: 3, batchFirst: true, bidirectional: true, dtype: .float64)
    #expect(gru.batchFirst && gru.isBidirectional && gru.outputSize == 6)
    #expect(gru(Tensor(ones: [1, 2, 2], dtype: .float64)).output.dtype == .float64)
  }
}
