import Recurrent
import RecurrentTestSupport
import Testing

/// The one-step modules.
@Suite struct CellTests {
  static let input = Tensor(testValues: [4, 3, 5], seed: 2).asType(.float32)

  @Test func parametersHavePyTorchsNamesAndShapes() {
    let names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    #expect(RNNCell(inputSize: 5, hiddenSize: 2).parameters.names == names)
    #expect(GRUCell(inputSize: 5, hiddenSize: 2).parameters.names == names)
    let shapes = LSTMCell(inputSize: 5, hiddenSize: 2).parameters.tensors.map(\.shape)
    #expect(shapes == [[8, 5], [8, 2], [8], [8]])
    #expect(GRUCell(inputSize: 5, hiddenSize: 2, bias: false).parameters.names == ["weight_ih", "weight_hh"])
  }

  @Test func stepsEqualTheLayer() {
    let lstm = LSTMCell(inputSize: 5, hiddenSize: 7, generator: Generator(seed: 1))
    let (_, state) = LSTM(inputSize: 5, hiddenSize: 7, generator: Generator(seed: 1))(Self.input)
    var carried: LSTMState?
    for step in Self.input.unstacked() { carried = lstm(step, carried) }
    expectSameBits(carried!.hidden, state.hidden[0])
    expectSameBits(carried!.cell, state.cell[0])

    let gru = GRUCell(inputSize: 5, hiddenSize: 7, generator: Generator(seed: 1))
    var hidden: Tensor?
    for step in Self.input.unstacked() { hidden = gru(step, hidden) }
    expectSameBits(
      hidden!, GRU(inputSize: 5, hiddenSize: 7, generator: Generator(seed: 1))(Self.input).hidden[0])
  }

  @Test func aRowWithoutABatchIsABatchOfOne() {
    let cell = LSTMCell(inputSize: 5, hiddenSize: 3)
    let row = Self.input[0][1]
    let first = cell(row)
    #expect(first.hidden.shape == [3] && first.cell.shape == [3])
    let batched = cell(row.reshaped([1, 5]), cell(row.reshaped([1, 5])))
    expectSameBits(cell(row, first).hidden, batched.hidden[0])
  }
}
