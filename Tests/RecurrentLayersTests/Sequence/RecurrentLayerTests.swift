import Recurrent
import RecurrentLayers
import RecurrentTestSupport
import Synchronization
import Testing

@Suite struct RecurrentLayerTests {
  /// Counts the rows that it is asked to compute.
  private struct CountingCell: RecurrentCell {
    final class Count: Sendable {
      let rows = Mutex(0)
    }

    let count: Count
    let inputSize = 1
    let outputSize = 1

    func initialState(batchSize: Int) -> Tensor { Tensor(zeros: [batchSize, 1]) }

    func step(_ input: Tensor, from state: Tensor) -> (output: Tensor, state: Tensor) {
      count.rows.withLock { $0 += input.shape[0] }
      return (state + input, state + input)
    }

    mutating func visitParameters(_ visitor: inout ParameterVisitor) {}
  }

  @Test func costIsProportionalToTheRealSteps() {
    let count = CountingCell.Count()
    let layer = RecurrentLayer(inputSize: 1) { _ in CountingCell(count: count) }
    let (output, state) = layer(Tensor(ones: [9, 4, 1]), lengths: [2, 9, 0, 1])
    #expect(count.rows.withLock { $0 } == 12)
    expectSameBits(state, Tensor([[[2], [9], [0], [1]]]))
    expectSameBits(output[2], Tensor([[0], [3], [0], [0]]))
  }

  @Test func levelsReadBothDirectionsOfTheLevelBelow() {
    let layer = RecurrentLayer(inputSize: 5, layerCount: 2, bidirectional: true) {
      GRUCell(inputSize: $0, hiddenSize: 3)
    }
    #expect(layer.outputSize == 6)
    #expect(layer.parameters["weight_ih_l0_reverse"]?.shape == [9, 5])
    #expect(layer.parameters["weight_ih_l1"]?.shape == [9, 6])
  }

  /// PyTorch draws over the packed rows, level by level; with full lengths these are the whole `[T, N, D·H]`.
  @Test(arguments: [nil, [2, 5, 0, 3]])
  func dropoutMasksAreDrawnOverPackedRowsLevelByLevel(_ lengths: [Int]?) {
    let input = Tensor(testValues: [5, 4, 3]).asType(.float32)
    let generator = Generator(seed: 1)
    let layer = RecurrentLayer(
      inputSize: 3, layerCount: 3, dropout: 0.3, bidirectional: true, generator: generator
    ) { RNNCell(inputSize: $0, hiddenSize: 2, generator: Generator(seed: 2)) }
    generator.manualSeed(8)
    let found = layer(input, lengths: lengths).output

    let packing = PackedBatch(lengths: lengths ?? [5, 5, 5, 5], stepLimit: 5)
    let dropout = Dropout(0.3, generator: Generator(seed: 8))
    var expected = input
    for level in 0..<3 {
      let cells = layer.cells[2 * level..<2 * level + 2]
      var rest = cells
      let single = RecurrentLayer(inputSize: cells[2 * level].inputSize, bidirectional: true) { _ in
        rest.removeFirst()
      }
      expected = single(expected, lengths: lengths).output
      if level < 2 { expected = packing.scatter(dropout(packing.gather(expected))) }
    }
    expectSameBits(found, expected)
  }

  /// Running takes a long sequence in several calls of the kernels, recording in one.
  @Test(arguments: [nil, [4_099, 4_097]])
  func thousandsOfStepsHaveTheBitsOfOneCall(lengths: [Int]?) {
    let layer = LSTM(inputSize: 1, hiddenSize: 2, bidirectional: true)
    let input = Tensor(testValues: [4_099, 2, 1], seed: 3).asType(.float32)
    let (output, state) = layer(input, lengths: lengths)
    var recorded: (output: Tensor, state: LSTMState)?
    _ = valueAndGradients(at: [input]) { inputs in
      recorded = layer(inputs[0], lengths: lengths)
      return recorded!.output.sum()
    }
    expectSameBits(output, recorded!.output)
    expectSameBits(state.hidden, recorded!.state.hidden)
    expectSameBits(state.cell, recorded!.state.cell)
  }
}
