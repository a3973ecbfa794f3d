import RecurrentKernels
import RecurrentLayers
import RecurrentTensors
import RecurrentTestSupport
import Testing

/// What a layer computes does not depend on packed weights that it keeps, nor on how threads share the work.
@Suite struct PackedLevelsTests {
  private static func lstm(_ seed: UInt64 = 1) -> LSTM {
    LSTM(inputSize: 3, hiddenSize: 5, layerCount: 2, generator: Generator(seed: seed))
  }

  private static func input(_ shape: Shape) -> Tensor {
    Generator(seed: 9).uniform(shape, from: -1, to: 1, dtype: .float32)
  }

  /// A layer with the same parameters that has packed none yet.
  private func unpacked(_ layer: LSTM) throws -> LSTM {
    var fresh = Self.lstm(2)
    try fresh.load(layer.parameters)
    return fresh
  }

  private func bits(_ tensor: Tensor) -> [UInt32] { tensor.scalars(as: Float.self).map(\.bitPattern) }

  @Test func aChangedParameterIsSeenAtOnce() throws {
    var layer = Self.lstm()
    let x = Self.input([4, 2, 3])
    let before = layer(x).output
    layer.updateParameters { name, parameter in
      if name == "weight_hh_l1" { parameter = parameter * 2 }
    }
    let after = layer(x).output
    #expect(bits(before) != bits(after))
    let fresh = try unpacked(layer)
    #expect(bits(after) == bits(fresh(x).output))
  }

  @Test func aParameterWrittenInPlaceIsSeenAtOnce() throws {
    var layer = Self.lstm()
    let x = Self.input([4, 2, 3])
    let before = layer(x).output
    layer.updateParameters { _, parameter in
      let memory = parameter.uniqueStorage()
      memory[0, as: Float.self] += 1
    }
    #expect(bits(before) != bits(layer(x).output))
    let fresh = try unpacked(layer)
    #expect(bits(layer(x).output) == bits(fresh(x).output))
  }

  @Test func aCopyKeepsItsOwnParameters() {
    var layer = Self.lstm()
    let x = Self.input([4, 2, 3])
    let before = layer(x).output
    let copy = layer
    layer.updateParameters { _, parameter in parameter.uniqueStorage()[0, as: Float.self] += 1 }
    #expect(bits(copy(x).output) == bits(before))
    #expect(bits(layer(x).output) != bits(before))
  }

  @Test func oneLayerMayRunOnManyThreadsAtOnce() async throws {
    let layer = Self.lstm()
    let x = Self.input([40, 3, 3])
    let expected = try bits(unpacked(layer)(x).output)
    await withTaskGroup(of: [UInt32].self) { group in
      for _ in 0..<8 { group.addTask { bits(layer(x).output) } }
      for await found in group { #expect(found == expected) }
    }
  }

  @Test func resultsThatSomebodyKeepsAreNotWrittenAgain() throws {
    let layer = Self.lstm()
    let inputs = (0..<6).map { Self.input([4, 2, 3]) + Double($0) }
    let expected = try inputs.map { try bits(unpacked(layer)($0).output) }
    var kept: [(output: Tensor, state: LSTMState)] = []
    for x in inputs {
      kept.append(layer(x))
      _ = layer(x + 1)
    }
    #expect(kept.map { bits($0.output) } == expected)
    let states = try inputs.map { try bits(unpacked(layer)($0).state.cell) }
    let onlyStates = inputs.map { layer($0).state.cell }
    #expect(onlyStates.map(bits) == states)
  }

  @Test func aResultMayBeWrittenAndBecomeAnInput() throws {
    let layer = LSTM(inputSize: 3, hiddenSize: 3, generator: Generator(seed: 1))
    var fresh = LSTM(inputSize: 3, hiddenSize: 3)
    try fresh.load(layer.parameters)
    var x = Self.input([4, 2, 3])
    for _ in 0..<3 { x = layer(x).output }
    x.uniqueStorage()[0, as: Float.self] = 1
    let found = layer(x).output
    #expect(bits(found) == bits(fresh(x).output))
    #expect(x.scalars(as: Float.self)[0] == 1)
  }

  @Test func everySizeAndInstructionSetGivesItsBitsInTurn() throws {
    let layer = Self.lstm()
    let inputs = [[4, 2, 3], [1, 1, 3], [4, 3, 3], [9, 2, 3]].map(Self.input)
    let expected = try inputs.map { try bits(unpacked(layer)($0).output) }
    for instructionSet in InstructionSet.available {
      let found = withComputeOptions(ComputeOptions(instructionSet: instructionSet)) {
        inputs.map { bits(layer($0).output) }
      }
      #expect(found == expected)
    }
  }

  /// Sizes for which threads share units, rows and directions; more threads than most machines have.
  static let shared: [(hidden: Int, steps: Int, batch: Int, levels: Int, bidirectional: Bool)] = [
    (65, 24, 1, 2, false), (40, 9, 26, 2, false), (40, 30, 3, 2, true), (70, 10, 5, 1, false),
  ]

  @Test(arguments: shared, [2, 3, 8])
  func sharedWorkHasTheBitsOfOneThread(
    size: (hidden: Int, steps: Int, batch: Int, levels: Int, bidirectional: Bool), threads: Int
  ) {
    let generator = Generator(seed: 4)
    let lstm = LSTM(
      inputSize: 7, hiddenSize: size.hidden, layerCount: size.levels, bidirectional: size.bidirectional,
      generator: generator)
    let gru = GRU(
      inputSize: 7, hiddenSize: size.hidden, layerCount: size.levels, bidirectional: size.bidirectional,
      generator: generator)
    let rnn = RNN(inputSize: 7, hiddenSize: size.hidden * 2, layerCount: size.levels, generator: generator)
    let x = Self.input([size.steps, size.batch, 7])
    let lengths = (0..<size.batch).map { size.steps - $0 % 3 }
    func results() -> [[UInt32]] {
      let ragged = lstm(x, lengths: lengths)
      return [
        bits(lstm(x).output), bits(lstm(x).state.cell), bits(gru(x).output), bits(gru(x).hidden),
        bits(rnn(x).output), bits(ragged.output), bits(ragged.state.hidden),
      ]
    }
    let alone = withComputeOptions(ComputeOptions(threadCount: 1)) { results() }
    let shared = withComputeOptions(ComputeOptions(threadCount: threads)) { results() }
    #expect(alone == shared)
  }

  @Test func callersThatCompeteForThreadsGetTheBitsOfOne() async {
    let gru = GRU(inputSize: 7, hiddenSize: 80, generator: Generator(seed: 4))
    let x = Self.input([30, 2, 7])
    let expected = withComputeOptions(ComputeOptions(threadCount: 1)) { bits(gru(x).output) }
    await withTaskGroup(of: [UInt32].self) { group in
      for _ in 0..<6 {
        group.addTask { withComputeOptions(ComputeOptions(threadCount: 2)) { bits(gru(x).output) } }
      }
      for await found in group { #expect(found == expected) }
    }
  }
}
