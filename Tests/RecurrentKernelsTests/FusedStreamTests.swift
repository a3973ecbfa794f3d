import RecurrentKernels
import RecurrentTestSupport
import Testing

@Suite struct FusedStreamTests {
  /// Hidden size, rows: single units, tails of every width of vector, more than a tile, rows by twos and threes, rows
  /// enough for the kernels of sequences.
  static let shapes: [(hidden: Int, rows: Int)] = [
    (1, 1), (5, 1), (8, 2), (12, 1), (16, 3), (17, 1), (20, 4), (29, 1), (33, 1), (50, 1), (65, 1), (7, 6),
    (12, 5), (33, 2), (18, 7),
  ]

  @Test(arguments: InstructionSet.available)
  func everyStepEqualsThePlainSpecification(instructionSet: InstructionSet) {
    withComputeOptions(ComputeOptions(instructionSet: instructionSet)) {
      var seed: UInt64 = 100
      for (cell, projection) in FusedSequenceTests.cells {
        for (hidden, rows) in Self.shapes {
          seed += 1
          check(Float.self, .float32, cell, projection, hidden, rows, seed)
          if hidden < 30 { check(Double.self, .float64, cell, projection, hidden, rows, seed) }
        }
      }
    }
  }

  /// A stream with 16-bit weights computes what the specification computes from the rounded weights.
  @Test(arguments: InstructionSet.available, [StreamWeights.bfloat16, .float16])
  func weightsOf16BitsAreRoundedOnceAndExpandedExactly(
    instructionSet: InstructionSet, weights: StreamWeights
  ) {
    withComputeOptions(ComputeOptions(instructionSet: instructionSet)) {
      for (cell, projection) in FusedSequenceTests.cells {
        for (hidden, rows) in [(5, 1), (20, 3), (33, 1), (50, 1)] {
          check(Float.self, .float32, cell, projection, hidden, rows, UInt64(hidden), weights)
        }
      }
    }
  }

  private func check<S: OracleScalar>(
    _: S.Type, _ dtype: DType, _ cell: FusedCell, _ projection: Int, _ hidden: Int, _ rows: Int,
    _ seed: UInt64, _ weights: StreamWeights = .asTrained
  ) {
    let shape = CellShape(
      cell, dtype, inputSize: 1 + hidden % 7, hiddenSize: hidden, projectionSize: min(projection, hidden - 1))
    check(S.self, shape, rows, seed, weights)
  }

  func check<S: OracleScalar>(
    _: S.Type, _ shape: CellShape, _ rows: Int, _ seed: UInt64, _ weights: StreamWeights = .asTrained
  ) {
    let test = SequenceCase<S>(
      shape, counts: [rows, rows, rows], batchSize: rows, reversed: false, seed: seed)
    var plain = test.plain
    for matrix in [\PlainSequence<S>.inputWeight, \.hiddenWeight, \.projection] {
      plain[keyPath: matrix] = plain[keyPath: matrix].map { rounded($0, weights) }
    }
    let expected = plain.forward(test.input, hidden: test.hidden, cell: test.cell)
    let name = "\(shape), \(rows) rows, \(weights), seed \(seed)"

    let stream = FusedStream(StreamLevels([(test.parameters, shape)], weights: weights), batchSize: rows)
    stream.setState(
      of: 0, hidden: memory(Array(test.hidden.joined())), cell: memory(Array(test.cell.joined())))
    for block in [0..<1, 1..<3] {
      let range = block.lowerBound * rows..<block.upperBound * rows
      let guarded = range.count * shape.outputSize
      let output = memory([S](repeating: 7, count: guarded + 1))
      stream.advance(memory(Array(test.input[range].joined())), into: output, steps: block.count)
      expectBits(output, Array(expected.output[range].joined()) + [7], "steps \(block) of \(name)")
    }
    let state = stream.state(of: 0)
    expectBits(state.hidden, Array(expected.hidden.joined()), "hidden of \(name)")
    if let cell = state.cell { expectBits(cell, Array(expected.cell.joined()), "cell of \(name)") }
  }

  /// The nearest number of the type, of two equally near the even one.
  private func rounded<S: OracleScalar>(_ value: S, _ weights: StreamWeights) -> S {
    let x = Double(value)
    guard weights != .asTrained, x != 0 else { return value }
    let exponent = weights == .bfloat16 ? x.exponent - 7 : max(x.exponent, -14) - 10
    let unit = Double(sign: .plus, exponent: exponent, significand: 1)
    return S((x / unit).rounded(.toNearestOrEven) * unit)
  }

  @Test func extremesOf16BitsAreRoundedAsIEEESays() {
    let weights: [Float] = [
      65519.996, 65520, -1e30, 0x1p-24, 0x1p-25, 0x1.8p-25, -0x1p-14, 0x1.ff8p-15, 0x1.ffep-15, -0.0,
      0x1p-149,
      .infinity,
    ]
    let float16: [Float] = [
      65504, .infinity, -.infinity, 0x1p-24, 0, 0x1p-24, -0x1p-14, 0x1.ff8p-15, 0x1p-14, -0.0, 0, .infinity,
    ]
    #expect(linear(weights, .float16) == float16.map(\.bitPattern))
    let halfway: [Float] = [
      0x1.01p0, 0x1.03p0, 0x1.010002p0, 3.4e38, -0x1.fep127, -0x1.ffp127, 0x1p-149, -0.0,
    ]
    let bfloat16: [Float] = [
      1, 0x1.04p0, 0x1.02p0, .infinity, -0x1.fep127, -.infinity, 0, -0.0,
    ]
    #expect(linear(halfway, .bfloat16) == bfloat16.map(\.bitPattern))
  }

  /// What a linear map of these weights makes of 1, after a network whose output is 1.
  private func linear(_ weights: [Float], _ storage: StreamWeights) -> [UInt32] {
    let one = memory([Float(1)])
    let zero = memory([Float(0)])
    let levels = StreamLevels(
      [
        (
          CellParameters(inputWeight: one, hiddenWeight: zero),
          CellShape(.rnnRelu, .float32, inputSize: 1, hiddenSize: 1)
        )
      ],
      map: StreamMap(
        weight: memory(weights), bias: memory([Float](repeating: -0.0, count: weights.count)),
        outputSize: weights.count), weights: storage)
    let output = AlignedMemory(.float32, count: weights.count)
    FusedStream(levels, batchSize: 1).advance(one, into: output)
    return output.array(of: UInt32.self, count: weights.count)
  }

  @Test func aStreamCanGoBackToWhatItSaved() {
    let test = SequenceCase<Float>(
      CellShape(.lstm, .float32, inputSize: 3, hiddenSize: 20, projectionSize: 4), counts: [2, 2, 2],
      batchSize: 2, reversed: false, seed: 5)
    let stream = FusedStream(StreamLevels([(test.parameters, test.plain.shape)]), batchSize: 2)
    func advance(_ step: Int) -> [Float] {
      let output = AlignedMemory(.float32, count: 8)
      stream.advance(memory(Array(test.input[step * 2..<step * 2 + 2].joined())), into: output)
      return output.array(of: Float.self, count: 8)
    }
    let snapshot = AlignedMemory(byteCount: stream.stateByteCount)
    _ = advance(0)
    stream.save(into: snapshot)
    let (second, third) = (advance(1), advance(2))
    for _ in 0..<2 {
      stream.restore(snapshot)
      #expect(advance(1) == second)
      #expect(advance(2) == third)
    }
  }
}
