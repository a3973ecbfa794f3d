import RecurrentKernels
import Testing

/// Inputs whose rows are one-hot take a way of their own, which must not be seen.
struct OneHotTests {
  static let cells: [FusedCell] = [.rnnTanh, .rnnRelu, .lstm, .gru]

  static func oneHotCase(_ cell: FusedCell, reversed: Bool) -> SequenceCase<Float> {
    let shape = CellShape(cell, .float32, inputSize: 9, hiddenSize: 19)
    var test = SequenceCase<Float>(
      shape, counts: [17, 17, 9, 1], batchSize: 17, reversed: reversed, seed: reversed ? 5 : 6)
    var random = Xorshift(7)
    test.input = test.input.map { row in
      let place = Int(random.next() % UInt64(row.count))
      return row.indices.map { $0 == place ? 1 : 0 }
    }
    return test
  }

  @Test(arguments: InstructionSet.available, [1, 2])
  func oneHotRowsHaveTheBitsOfTheirProducts(instructionSet: InstructionSet, threads: Int) {
    withComputeOptions(ComputeOptions(instructionSet: instructionSet, threadCount: threads)) {
      for cell in Self.cells {
        for reversed in [false, true] { check(Self.oneHotCase(cell, reversed: reversed), "\(cell)") }
      }
    }
  }

  /// -0 + 0 is +0: a sum that begins at -0 is not a look-up.
  @Test(arguments: cells) func aBiasOfMinusZeroIsSeen(cell: FusedCell) {
    var test = Self.oneHotCase(cell, reversed: false)
    for index in test.plain.inputBias.indices {
      (test.plain.inputBias[index], test.plain.hiddenBias[index]) = (-0.0, -0.0)
    }
    for index in test.plain.inputWeight.indices where index % 3 == 0 { test.plain.inputWeight[index] = -0.0 }
    check(test, "\(cell) with biases of -0")
  }

  /// Infinity times zero is not a number: such a derivative reaches every column of its weights.
  @Test(arguments: cells) func derivativesThatAreNotFiniteReachAllColumns(cell: FusedCell) {
    var test = Self.oneHotCase(cell, reversed: false)
    test.outputGradient[40][3] = .infinity
    let plain = test.plain.forward(test.input, hidden: test.hidden, cell: test.cell)
    let expected = test.plain.backward(
      plain, test.input, outputGradient: test.outputGradient, hiddenGradient: test.hiddenGradient,
      cellGradient: test.cellGradient)
    let found = test.backward(test.forward()).parameters.inputWeight
    #expect(expected.inputWeight.contains { !$0.isFinite })
    for (index, value) in expected.inputWeight.enumerated() {
      let other = found[index, as: Float.self]
      #expect(value.isNaN ? other.isNaN : other.bitPattern == value.bitPattern, "element \(index)")
    }
  }

  private func check(_ test: SequenceCase<Float>, _ name: String) {
    let plain = test.plain.forward(test.input, hidden: test.hidden, cell: test.cell)
    expectBits(test.forward(saving: false).output, Array(plain.output.joined()), "output of \(name)")
    let slopes = test.plain.backward(
      plain, test.input, outputGradient: test.outputGradient, hiddenGradient: test.hiddenGradient,
      cellGradient: test.cellGradient)
    for pieceLength in [nil, 1, 3] {
      let found = test.backward(test.forward(pieceLength: pieceLength))
      expectBits(found.parameters.inputWeight, slopes.inputWeight, "input weight gradient of \(name)")
      expectBits(found.parameters.hiddenWeight, slopes.hiddenWeight, "hidden weight gradient of \(name)")
      expectBits(found.input!, Array(slopes.input.joined()), "input gradient of \(name)")
    }
  }
}
