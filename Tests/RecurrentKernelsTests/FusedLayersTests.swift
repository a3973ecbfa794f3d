import RecurrentKernels
import Testing

@Suite struct FusedLayersTests {
  /// Levels that go through time together, a block of steps at a time, give the bits of one level after the other.
  @Test(arguments: InstructionSet.available, [1, 2, 5, 100])
  func levelsMayGoThroughTimeInBlocks(instructionSet: InstructionSet, block: Int) {
    withComputeOptions(ComputeOptions(instructionSet: instructionSet, threadCount: 1)) {
      for (cell, projection) in [(FusedCell.lstm, 3), (.lstm, 0), (.gru, 0), (.rnnTanh, 0)] {
        check(cell, projection: projection, block: block)
      }
    }
  }

  private func check(_ cell: FusedCell, projection: Int, block: Int) {
    let (batch, counts) = (3, Array(repeating: 3, count: 12))
    func level(_ inputSize: Int, _ seed: UInt64) -> SequenceCase<Float> {
      let shape = CellShape(
        cell, .float32, inputSize: inputSize, hiddenSize: 18, projectionSize: projection)
      return SequenceCase(shape, counts: counts, batchSize: batch, reversed: false, seed: seed)
    }
    let first = level(5, 1)
    let second = level(first.plain.shape.outputSize, 2)
    let low = first.plain.forward(first.input, hidden: first.hidden, cell: first.cell)
    let high = second.plain.forward(low.output, hidden: second.hidden, cell: second.cell)
    let layers = FusedLayers(
      [first, second].map { PackedCell($0.parameters, shape: $0.plain.shape) }, directionCount: 1)
    let run = layers.run(
      memory(Array(first.input.joined())), steps: PackedSteps(stepCount: counts.count, batchSize: batch),
      hidden: memory(Array((first.hidden + second.hidden).joined())),
      cell: memory(Array((first.cell + second.cell).joined())), block: block)
    let name = "\(first.plain.shape), block \(block)"
    expectBits(run.output, Array(high.output.joined()), "output of \(name)")
    expectBits(run.hidden, Array((low.hidden + high.hidden).joined()), "hidden of \(name)")
    if let cell = run.cell { expectBits(cell, Array((low.cell + high.cell).joined()), "cell of \(name)") }
  }
}
