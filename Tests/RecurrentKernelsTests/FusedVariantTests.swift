import RecurrentKernels
import Testing

@Suite struct FusedVariantTests {
  /// Each departure alone, then together, with functions that are bounded and such that are not.
  static let variants: [(FusedCell, FusedVariant, projection: Int)] =
    lstms.map { (.lstm, $0, $0.clip == nil ? 0 : 3) } + grus.map { (.gru, $0, 0) }
    + [
      (.rnnTanh, variant { $0.clip = 0.25 }, 0),
      (.rnnTanh, variant { $0.candidate = PointwiseFunction(.softplus) }, 0),
      (.rnnTanh, variant { $0.candidate = PointwiseFunction(.elu, alpha: 0.8) }, 0),
    ]

  private static let lstms: [FusedVariant] = [
    variant { $0.hasPeepholes = true },
    variant { $0.couplesInputAndForget = true },
    variant { $0.clip = 0.25 },
    variant {
      $0.hasPeepholes = true
      $0.couplesInputAndForget = true
      $0.clip = 0.5
      $0.gate = PointwiseFunction(.hardSigmoid, alpha: 0.2, beta: 0.5)
      $0.candidate = PointwiseFunction(.softsign)
      $0.output = PointwiseFunction(.leakyRelu, alpha: 0.1)
    },
    variant {
      $0.gate = PointwiseFunction(.affine, alpha: 0.3, beta: 0.4)
      $0.candidate = PointwiseFunction(.scaledTanh, alpha: 1.7, beta: 0.7)
      $0.output = PointwiseFunction(.relu)
    },
  ]

  private static let grus: [FusedVariant] = [
    variant { $0.resetsBeforeProduct = true },
    variant { $0.clip = 0.25 },
    variant {
      $0.resetsBeforeProduct = true
      $0.clip = 0.5
      $0.gate = PointwiseFunction(.hardSigmoid, alpha: 0.3, beta: 0.4)
      $0.candidate = PointwiseFunction(.thresholdedRelu, alpha: 0.1)
    },
    variant { $0.candidate = PointwiseFunction(.softplus) },
  ]

  private static func variant(_ change: (inout FusedVariant) -> Void) -> FusedVariant {
    var variant = FusedVariant()
    change(&variant)
    return variant
  }

  /// Hidden size, rows of each step, batch size: ragged rows over a panel's edge, one row, more rows than a tile has.
  private static let shapes: [(Int, [Int], Int)] = [
    (17, [7, 4, 4], 8), (16, [1, 1, 1], 1), (5, [13, 9, 1], 13),
  ]

  @Test(arguments: InstructionSet.available, [1, 2])
  func everyVariantEqualsItsPlainSpecification(instructionSet: InstructionSet, threads: Int) {
    withComputeOptions(ComputeOptions(instructionSet: instructionSet, threadCount: threads)) {
      for (index, (cell, variant, projection)) in Self.variants.enumerated() {
        let (hidden, counts, batch) = Self.shapes[index % Self.shapes.count]
        for dtype in [DType.float32, .float64] {
          let shape = CellShape(
            cell, dtype, inputSize: 5, hiddenSize: hidden, projectionSize: projection, variant: variant)
          let reversed = index % 2 == 1
          if dtype == .float32 {
            FusedSequenceTests().check(Float.self, shape, counts, batch, reversed, UInt64(index))
          } else {
            FusedSequenceTests().check(Double.self, shape, counts, batch, reversed, UInt64(index))
          }
        }
      }
    }
  }

  /// Threads that share units meet before the candidate's product, too: H 80, enough work for a team.
  @Test func threadsShareTheUnitsOfAResetBeforeTheProduct() {
    var variant = FusedVariant()
    variant.resetsBeforeProduct = true
    let shape = CellShape(.gru, .float32, inputSize: 3, hiddenSize: 80, variant: variant)
    let test = SequenceCase<Float>(
      shape, counts: Array(repeating: 2, count: 16), batchSize: 2, reversed: false, seed: 4)
    let plain = test.plain.forward(test.input, hidden: test.hidden, cell: test.cell)
    withComputeOptions(ComputeOptions(threadCount: 2)) {
      expectBits(test.forward(saving: false).output, Array(plain.output.joined()), "output")
    }
  }

  @Test(arguments: InstructionSet.available, StreamWeights.allCases)
  func everyStepOfAVariantEqualsItsPlainSpecification(instructionSet: InstructionSet, weights: StreamWeights)
  {
    withComputeOptions(ComputeOptions(instructionSet: instructionSet)) {
      for (index, (cell, variant, projection)) in Self.variants.enumerated() {
        let shape = CellShape(
          cell, .float32, inputSize: 3, hiddenSize: 7 + 10 * (index % 3), projectionSize: projection,
          variant: variant)
        FusedStreamTests().check(Float.self, shape, 1 + index % 4, UInt64(index), weights)
        var wide = shape
        wide.dtype = .float64
        if weights == .asTrained { FusedStreamTests().check(Double.self, wide, 2, UInt64(index)) }
      }
    }
  }

  @Test func aVariantThatDepartsInNothingHasTheStandardBits() {
    for cell in [FusedCell.lstm, .gru, .rnnTanh] {
      let standard = CellShape(cell, .float32, inputSize: 3, hiddenSize: 19)
      var other = standard
      other.variant = FusedVariant()
      let counts = [5, 5, 2]
      let (one, two) = (
        SequenceCase<Float>(standard, counts: counts, batchSize: 5, reversed: false, seed: 6),
        SequenceCase<Float>(other, counts: counts, batchSize: 5, reversed: false, seed: 6)
      )
      let (found, expected) = (two.forward(), one.forward())
      expectSameBits(found.output, expected.output, "output of \(cell)")
      let (slopes, right) = (two.backward(found), one.backward(expected))
      expectSameBits(slopes.input!, right.input!, "input gradient of \(cell)")
      expectSameBits(slopes.parameters.hiddenWeight, right.parameters.hiddenWeight, "gradient of \(cell)")
    }
  }

  private func expectSameBits(_ a: AlignedMemory, _ b: AlignedMemory, _ what: String) {
    let count = a.byteCount / 4
    #expect(a.array(of: UInt32.self, count: count) == b.array(of: UInt32.self, count: count), "\(what)")
  }
}
