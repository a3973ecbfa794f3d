import RecurrentKernels
import Testing

/// A random case of one direction of one layer: its kernels and its plain specification side by side.
struct SequenceCase<S: OracleScalar> {
  var plain: PlainSequence<S>
  var input, hidden, cell, outputGradient, hiddenGradient, cellGradient: [[S]]
  var steps: PackedSteps

  init(_ shape: CellShape, counts: [Int], batchSize: Int, reversed: Bool, seed: UInt64) {
    var random = Xorshift(seed)
    func values(_ count: Int, _ scale: Double = 0.5) -> [S] {
      (0..<count).map { _ in S(random.next(scale)) }
    }
    func rows(_ count: Int, _ width: Int) -> [[S]] { (0..<count).map { _ in values(width) } }
    let (gates, out) = (shape.cell.gateCount * shape.hiddenSize, shape.outputSize)
    plain = PlainSequence(
      shape: shape, counts: counts, batchSize: batchSize, reversed: reversed,
      inputWeight: values(gates * shape.inputSize), hiddenWeight: values(gates * out),
      inputBias: values(gates),
      hiddenBias: values(gates), projection: values(shape.projectionSize * shape.hiddenSize))
    steps = PackedSteps(counts: counts, batchSize: batchSize)
    input = rows(steps.rowCount, shape.inputSize)
    hidden = rows(batchSize, out)
    cell = rows(batchSize, shape.hiddenSize)
    outputGradient = rows(steps.rowCount, out)
    hiddenGradient = rows(batchSize, out)
    cellGradient = rows(batchSize, shape.hiddenSize)
    if shape.variant?.hasPeepholes == true { plain.peephole = values(3 * shape.hiddenSize) }
  }

  var parameters: CellParameters {
    CellParameters(
      inputWeight: memory(plain.inputWeight), hiddenWeight: memory(plain.hiddenWeight),
      inputBias: memory(plain.inputBias), hiddenBias: memory(plain.hiddenBias),
      projectionWeight: plain.shape.projectionSize > 0 ? memory(plain.projection) : nil,
      peephole: plain.peephole.isEmpty ? nil : memory(plain.peephole))
  }

  func forward(saving: Bool = true, pieceLength: Int? = nil, chunk: Int? = nil) -> FusedOutput {
    FusedSequence.forward(
      PackedCell(parameters, shape: plain.shape), steps: steps, reversed: plain.reversed,
      input: Operand(memory(Array(input.joined()))), hidden: memory(Array(hidden.joined())),
      cell: plain.shape.hasCellState ? memory(Array(cell.joined())) : nil, saving: saving,
      pieceLength: pieceLength, chunk: chunk)
  }

  func backward(_ output: FusedOutput, withOutputGradient: Bool = true) -> FusedGradients {
    FusedSequence.backward(
      parameters, shape: plain.shape, steps: steps, reversed: plain.reversed,
      input: Operand(memory(Array(input.joined()))), output: output.output, tape: output.tape!,
      outputGradient: withOutputGradient ? memory(Array(outputGradient.joined())) : nil,
      hiddenGradient: memory(Array(hiddenGradient.joined())),
      cellGradient: plain.shape.hasCellState ? memory(Array(cellGradient.joined())) : nil)
  }
}

func memory<S: OracleScalar>(_ values: [S]) -> AlignedMemory {
  let memory = AlignedMemory(byteCount: values.count * MemoryLayout<S>.stride)
  for (index, value) in values.enumerated() { memory[index, as: S.self] = value }
  return memory
}

/// Expects the block to hold exactly these values, and says where it first does not.
func expectBits<S: OracleScalar>(
  _ found: AlignedMemory, _ expected: [S], _ what: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let difference = expected.indices.first { found[$0, as: S.self].bits != expected[$0].bits }
  guard let index = difference else { return }
  Issue.record(
    "\(what): element \(index) is \(found[index, as: S.self]), expected \(expected[index])",
    sourceLocation: sourceLocation)
}

/// Numbers for tests, the same everywhere.
struct Xorshift {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  /// Uniform in -scale...scale.
  mutating func next(_ scale: Double) -> Double { (Double(next() >> 11) * 0x1p-52 - 1) * scale }
}

@Suite struct FusedSequenceTests {
  static let cells: [(FusedCell, projection: Int)] = [
    (.rnnTanh, 0), (.rnnRelu, 0), (.lstm, 0), (.lstm, 3), (.gru, 0),
  ]

  @Test(arguments: InstructionSet.available, [1, 2])
  func everySequenceEqualsItsPlainSpecification(instructionSet: InstructionSet, threads: Int) {
    withComputeOptions(ComputeOptions(instructionSet: instructionSet, threadCount: threads)) {
      var seed: UInt64 = 1
      for (cell, projection) in Self.cells {
        for (hidden, counts, batch) in Self.shapes {
          seed += 1
          for reversed in [false, true] {
            check(Float.self, .float32, cell, projection, hidden, counts, batch, reversed, seed)
            check(Double.self, .float64, cell, projection, hidden, counts, batch, reversed, seed)
          }
        }
      }
    }
  }

  /// Hidden size, rows of each step, batch size: edges of lanes, ragged rows, rows of length zero, no steps, few full rows of
  /// one panel.
  static let shapes: [(Int, [Int], Int)] = [
    (11, [3, 3, 3], 3), (5, [17, 17, 9, 1], 17), (16, [1, 1, 1, 1], 1), (17, [7, 4, 4], 8), (4, [], 2),
    (33, [2, 2], 2), (8, [2, 2, 2], 2), (12, [5, 5], 5), (1, [4, 4], 4), (16, [6, 6], 6),
  ]

  func check<S: OracleScalar>(
    _: S.Type, _ dtype: DType, _ cell: FusedCell, _ projection: Int, _ hidden: Int, _ counts: [Int],
    _ batch: Int,
    _ reversed: Bool, _ seed: UInt64
  ) {
    let shape = CellShape(
      cell, dtype, inputSize: 5, hiddenSize: hidden, projectionSize: min(projection, hidden - 1))
    check(S.self, shape, counts, batch, reversed, seed)
  }

  func check<S: OracleScalar>(
    _: S.Type, _ shape: CellShape, _ counts: [Int], _ batch: Int, _ reversed: Bool, _ seed: UInt64
  ) {
    let test = SequenceCase<S>(shape, counts: counts, batchSize: batch, reversed: reversed, seed: seed)
    let plain = test.plain.forward(test.input, hidden: test.hidden, cell: test.cell)
    let name = "\(shape), counts \(counts), reversed \(reversed), seed \(seed)"
    for (chunk, saving) in [(nil, true), (1, true), (2, true), (3, true), (nil, false), (2, false)] {
      let fused = test.forward(saving: saving, chunk: chunk)
      expectBits(
        fused.output, Array(plain.output.joined()), "output of \(name), chunk \(String(describing: chunk))")
      expectBits(fused.hidden, Array(plain.hidden.joined()), "hidden of \(name)")
      if let cell = fused.cell { expectBits(cell, Array(plain.cell.joined()), "cell of \(name)") }
    }
    for upstream in [true, false] {
      let slopes = test.plain.backward(
        plain, test.input, outputGradient: upstream ? test.outputGradient : nil,
        hiddenGradient: test.hiddenGradient, cellGradient: test.cellGradient)
      for pieceLength in [nil, 1, 2, 3] {
        let output = test.forward(pieceLength: pieceLength)
        let found = test.backward(output, withOutputGradient: upstream)
        expectBits(
          found, slopes, "\(name), pieces of \(pieceLength ?? counts.count) steps", rows: counts.count)
      }
    }
  }

  /// More than a megabyte of recurrent weights, which are asked for before they are read.
  @Test func weightsBeyondTheCachesGiveTheBitsOfThePlainSpecification() {
    let shape = CellShape(.lstm, .float64, inputSize: 1, hiddenSize: 180)
    let test = SequenceCase<Double>(shape, counts: [8], batchSize: 8, reversed: false, seed: 4)
    let plain = test.plain.forward(test.input, hidden: test.hidden, cell: test.cell)
    expectBits(test.forward().output, Array(plain.output.joined()), "output")
  }

  /// Ranges of rows run at their own pace: while one is in a chunk with few rows, another may be chunks before it.
  @Test(arguments: [false, true])
  func threadsInDifferentChunksOfARaggedBatchDoNotMeet(reversed: Bool) {
    let shape = CellShape(.lstm, .float32, inputSize: 3, hiddenSize: 16)
    let counts = (0..<40).map { 37 - $0 * 9 / 10 }
    let test = SequenceCase<Float>(shape, counts: counts, batchSize: 40, reversed: reversed, seed: 3)
    let plain = test.plain.forward(test.input, hidden: test.hidden, cell: test.cell)
    withComputeOptions(ComputeOptions(threadCount: 4)) {
      for trial in 0..<12 {
        let fused = test.forward(saving: false, chunk: 2 + trial % 3)
        expectBits(fused.output, Array(plain.output.joined()), "output of trial \(trial)")
        expectBits(fused.hidden, Array(plain.hidden.joined()), "hidden of trial \(trial)")
      }
    }
  }

  /// Pieces whose ends are no ends of segments, and one that holds a whole segment.
  @Test(arguments: [nil, 1, 4, 11, 17], [false, true])
  func weightGradientsAreCutIntoSegmentsOf512RowsByRank(pieceLength: Int?, reversed: Bool) {
    let shape = CellShape(.rnnTanh, .float32, inputSize: 2, hiddenSize: 3)
    let test = SequenceCase<Float>(
      shape, counts: (0..<18).map { 62 - $0 / 4 }, batchSize: 62, reversed: reversed, seed: 9)
    let plain = test.plain.forward(test.input, hidden: test.hidden, cell: test.cell)
    let slopes = test.plain.backward(
      plain, test.input, outputGradient: test.outputGradient, hiddenGradient: test.hiddenGradient,
      cellGradient: test.cellGradient)
    let found = test.backward(test.forward(pieceLength: pieceLength))
    expectBits(found, slopes, "pieces of \(pieceLength ?? 18) steps", rows: 1)
  }

  @Test func aTapeInPiecesKeepsOnlyStates() {
    let shape = CellShape(.lstm, .float32, inputSize: 2, hiddenSize: 16)
    let test = SequenceCase<Float>(
      shape, counts: Array(repeating: 3, count: 100), batchSize: 3, reversed: false, seed: 10)
    let state = 3 * (16 + 16) * 4
    #expect(test.forward().tape!.byteCount == 100 * 3 * (4 * 16 + 16) * 4 + state)
    #expect(test.forward(pieceLength: 10).tape!.byteCount == 10 * state)
    #expect(test.forward(pieceLength: 30).tape!.byteCount == 4 * state)
  }
}

/// Expects every gradient to have the bits of the plain specification's; those over rows only if there are `rows`.
private func expectBits<S: OracleScalar>(
  _ found: FusedGradients, _ slopes: PlainSequence<S>.Backward, _ name: String, rows: Int
) {
  expectBits(found.hidden, Array(slopes.hidden.joined()), "hidden gradient of \(name)")
  if let cell = found.cell { expectBits(cell, Array(slopes.cell.joined()), "cell gradient of \(name)") }
  guard rows > 0 else { return }
  expectBits(found.input!, Array(slopes.input.joined()), "input gradient of \(name)")
  expectBits(found.parameters.inputWeight, slopes.inputWeight, "input weight gradient of \(name)")
  expectBits(found.parameters.hiddenWeight, slopes.hiddenWeight, "hidden weight gradient of \(name)")
  expectBits(found.parameters.inputBias!, slopes.inputBias, "input bias gradient of \(name)")
  expectBits(found.parameters.hiddenBias!, slopes.hiddenBias, "hidden bias gradient of \(name)")
  if let gradient = found.parameters.projectionWeight {
    expectBits(gradient, slopes.projection, "projection gradient of \(name)")
  }
  if let gradient = found.parameters.peephole {
    expectBits(gradient, slopes.peephole, "peephole gradient of \(name)")
  }
}
