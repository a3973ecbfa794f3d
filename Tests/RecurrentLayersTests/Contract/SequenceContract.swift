import Recurrent
import RecurrentTestSupport
import Testing

/// What every cell must do as a layer, whatever it computes. T = 7, N = 3, I = 5, H = 11.
@Suite struct SequenceContract {
  static let steps = 7
  static let batch = 3
  static let input = Tensor(testValues: [steps, batch, 5], seed: 3).asType(.float32)
  static let depths = [(1, false), (1, true), (3, false), (2, true)]

  private static func layer(_ cell: ContractCell, _ depth: (Int, Bool)) -> any ContractLayer {
    cell.makeLayer(.init(levels: depth.0, bidirectional: depth.1))
  }

  /// A state with something in it.
  private static func state(_ layer: any ContractLayer, batch: Int = batch) -> [Tensor] {
    layer.initialState(batchSize: batch).enumerated().map { index, zeros in
      Tensor(testValues: zeros.shape, seed: 20 + UInt64(index)).asType(.float32)
    }
  }

  @Test(arguments: ContractCell.allCases, depths)
  func shapesFollowTheInput(_ cell: ContractCell, _ depth: (Int, Bool)) {
    let layer = Self.layer(cell, depth)
    let (output, state) = layer.run(Self.input)
    #expect(output.shape == [7, 3, layer.outputSize])
    for (tensor, initial) in zip(state, layer.initialState(batchSize: 3)) {
      #expect(tensor.shape == [depth.0 * layer.directionCount, 3] + initial.shape.dropFirst(2))
    }
  }

  @Test(arguments: ContractCell.allCases, depths)
  func noStateIsTheInitialState(_ cell: ContractCell, _ depth: (Int, Bool)) {
    let layer = Self.layer(cell, depth)
    let given = layer.run(Self.input, from: layer.initialState(batchSize: 3))
    expectSame(layer.run(Self.input), given)
  }

  @Test(arguments: ContractCell.allCases.filter { !$0.learnsItsState })
  func theInitialStateIsZero(_ cell: ContractCell) {
    for tensor in cell.makeLayer().initialState(batchSize: 3) {
      #expect(tensor.doubles.allSatisfy { $0 == 0 })
    }
  }

  @Test(arguments: ContractCell.allCases, [1, 3])
  func anyChunkingEqualsTheWhole(_ cell: ContractCell, _ levels: Int) {
    let layer = Self.layer(cell, (levels, false))
    let initial = Self.state(layer)
    let whole = layer.run(Self.input, from: initial)
    for chunk in 1...6 {
      var state = initial
      var parts: [Tensor] = []
      for start in stride(from: 0, to: Self.steps, by: chunk) {
        let part = Self.input[start..<min(start + chunk, Self.steps)]
        let (output, next) = layer.run(part, from: state)
        parts.append(output)
        state = next
      }
      expectSame((Tensor.concatenated(parts), state), whole, "chunks of \(chunk)")
    }
  }

  @Test(arguments: ContractCell.allCases, [1, 3])
  func streamingInAnyBlocksEqualsWholeSequence(_ cell: ContractCell, _ levels: Int) {
    let layer = Self.layer(cell, (levels, false))
    let initial = Self.state(layer)
    let whole = layer.run(Self.input, from: initial)
    for block in 1...Self.steps {
      expectSame(
        layer.stream(Self.input, from: initial, again: false, block: block), whole, "blocks of \(block)")
    }
  }

  @Test(arguments: ContractCell.allCases, [1, 3])
  func aStreamBeginsAndBeginsAgainFromTheInitialState(_ cell: ContractCell, _ levels: Int) {
    let layer = Self.layer(cell, (levels, false))
    let expected = layer.run(Self.input)
    expectSame(layer.stream(Self.input, from: nil, again: false, block: 1), expected, "first")
    expectSame(layer.stream(Self.input, from: nil, again: true, block: 3), expected, "after reset")
  }

  @Test(arguments: ContractCell.allCases, depths)
  func aBatchRowEqualsThatRowAlone(_ cell: ContractCell, _ depth: (Int, Bool)) {
    let layer = Self.layer(cell, depth)
    let initial = Self.state(layer)
    let all = layer.run(Self.input, from: initial)
    for row in 0..<Self.batch {
      let alone = layer.run(
        Self.input.slice(axis: 1, row..<row + 1), from: initial.map { $0.slice(axis: 1, row..<row + 1) })
      expectSame(alone, slice(all, row, steps: Self.steps), "row \(row)")
    }
  }

  static let lengths = [
    [7, 7, 7], [7, 5, 2], [2, 7, 5], [4, 4, 4], [1, 3, 3], [0, 7, 3], [5, 0, 0], [0, 0, 0],
  ]

  @Test(arguments: ContractCell.allCases, lengths)
  func anyLengthsEqualTheRowsRunSeparately(_ cell: ContractCell, _ lengths: [Int]) {
    for depth in Self.depths {
      let layer = Self.layer(cell, depth)
      let initial = Self.state(layer)
      let all = layer.run(Self.input, from: initial, lengths: lengths)
      #expect(all.output.shape == [7, 3, layer.outputSize])
      for (row, length) in lengths.enumerated() {
        let start = initial.map { $0.slice(axis: 1, row..<row + 1) }
        let found = slice(all, row, steps: length)
        if length == 0 {
          expectSame((found.output, start), found, "row \(row) of \(lengths)")
        } else {
          let alone = layer.run(Self.input[0..<length].slice(axis: 1, row..<row + 1), from: start)
          expectSame(alone, found, "row \(row) of \(lengths)")
        }
        #expect(all.output.slice(axis: 1, row..<row + 1)[length..<7].doubles.allSatisfy { $0 == 0 })
      }
    }
  }

  @Test(arguments: ContractCell.allCases)
  func theReverseDirectionReadsFromTheEnd(_ cell: ContractCell) {
    let layer = Self.layer(cell, (1, true))
    let both = layer.run(Self.input)
    let half = layer.outputSize / 2
    let forward = layer.single(level: 0, direction: 0).run(Self.input)
    let backward = layer.single(level: 0, direction: 1).run(flipped(Self.input))
    expectSameBits(both.output.slice(axis: 2, 0..<half), forward.output, "forward output")
    expectSameBits(both.output.slice(axis: 2, half..<2 * half), flipped(backward.output), "reverse output")
    for index in both.state.indices {
      expectSameBits(both.state[index], Tensor.concatenated([forward.state[index], backward.state[index]]))
    }
  }

  @Test(arguments: ContractCell.allCases)
  func batchFirstIsTheSameTransposed(_ cell: ContractCell) {
    let options = ContractCell.Options(levels: 2, bidirectional: true)
    var transposed = options
    transposed.batchFirst = true
    let expected = cell.makeLayer(options).run(Self.input, from: nil, lengths: [3, 7, 0])
    let found = cell.makeLayer(transposed).run(Self.input.transposed(0, 1), from: nil, lengths: [3, 7, 0])
    expectSame((found.output.transposed(0, 1), found.state), expected)
  }

  @Test(arguments: ContractCell.allCases, [true, false])
  func anUnbatchedSequenceIsABatchOfOne(_ cell: ContractCell, _ batchFirst: Bool) {
    let options = ContractCell.Options(levels: 2, bidirectional: true, batchFirst: batchFirst)
    let layer = cell.makeLayer(options)
    let initial = Self.state(layer, batch: 1)
    let one = Self.input.slice(axis: 1, 1..<2)
    let expected = layer.run(batchFirst ? one.transposed(0, 1) : one, from: initial)
    let found = layer.run(one.reshaped([7, 5]), from: initial.map { $0.reshaped([4, $0.shape[2]]) })
    let output = found.output.reshaped([7, 1, layer.outputSize])
    expectSame(
      (batchFirst ? output.transposed(0, 1) : output, found.state.map { $0.reshaped([4, 1, $0.shape[1]]) }),
      expected)
  }

  @Test(arguments: ContractCell.allCases)
  func loadedParametersGiveTheSameBits(_ cell: ContractCell) throws {
    let saved = cell.makeLayer(.init(levels: 2, bidirectional: true, seed: 4))
    var model = LayerModel(layer: cell.makeLayer(.init(levels: 2, bidirectional: true, seed: 5)))
    #expect(!model.layer.run(Self.input).output.isBitwiseEqual(to: saved.run(Self.input).output))
    try model.load(saved.parameters)
    expectSame(model.layer.run(Self.input), saved.run(Self.input))
  }

  @Test(arguments: ContractCell.allCases)
  func dropoutActsBetweenLevelsInTrainingOnly(_ cell: ContractCell) {
    let options = ContractCell.Options(levels: 3, bidirectional: true, dropout: 0.4, seed: 6)
    var model = LayerModel(layer: cell.makeLayer(options))
    let training = model.layer.run(Self.input).output
    model.setTraining(false)
    var plain = options
    plain.dropout = 0
    expectSameBits(model.layer.run(Self.input).output, cell.makeLayer(plain).run(Self.input).output)
    #expect(!training.isBitwiseEqual(to: model.layer.run(Self.input).output))
    #expect(training.isBitwiseEqual(to: cell.makeLayer(options).run(Self.input).output))
  }
}

private typealias Run = (output: Tensor, state: [Tensor])

private func expectSame(
  _ found: Run, _ expected: Run, _ name: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  expectSameBits(found.output, expected.output, "\(name) output", sourceLocation: sourceLocation)
  for (index, pair) in zip(found.state, expected.state).enumerated() {
    expectSameBits(pair.0, pair.1, "\(name) state \(index)", sourceLocation: sourceLocation)
  }
}

/// What became of one sequence of a batch.
private func slice(_ run: Run, _ row: Int, steps: Int) -> Run {
  (run.output[0..<steps].slice(axis: 1, row..<row + 1), run.state.map { $0.slice(axis: 1, row..<row + 1) })
}

private func flipped(_ sequence: Tensor) -> Tensor {
  Tensor.stacked(sequence.unstacked().reversed())
}
