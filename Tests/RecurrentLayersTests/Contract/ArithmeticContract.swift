import Recurrent
import RecurrentLayers
import RecurrentTestSupport
import Testing

/// What every cell computes: the values of a plain loop, right derivatives, the same bits on every machine.
@Suite struct ArithmeticContract {
  /// The plain loop adds in another order: some 50 roundings of 1e-16 on numbers of size 1.
  static let float64Tolerance = 1e-14
  /// The same with roundings of 6e-8.
  static let float32Tolerance = 3e-6

  @Test(arguments: ContractCell.allCases, [DType.float64, .float32])
  func layersEqualAPlainLoop(_ cell: ContractCell, _ dtype: DType) {
    for (levels, bidirectional) in [(1, false), (2, true)] {
      let layer = cell.makeLayer(.init(levels: levels, bidirectional: bidirectional, dtype: dtype))
      let input = Tensor(testValues: [7, 3, 5], seed: 8).asType(dtype)
      let lengths = [7, 2, 5]
      let found = layer.run(input, from: nil, lengths: lengths)
      for (row, length) in lengths.enumerated() {
        let sequence = (0..<length).map { input[$0][row].doubles }
        let states = initialStates(layer)
        let expected = PlainLoop(cell, layer).run(sequence, from: states)
        let tolerance = dtype == .float64 ? Self.float64Tolerance : Self.float32Tolerance
        let output = found.output[0..<length].slice(axis: 1, row..<row + 1)
        expectClose(
          output, Tensor(expected.output.flatMap { $0 }, shape: output.shape, dtype: dtype),
          tolerance: tolerance, "\(cell) row \(row) output")
        for index in found.state.indices {
          let state = found.state[index].slice(axis: 1, row..<row + 1)
          expectClose(
            state, Tensor(expected.states.flatMap { $0[index] }, shape: state.shape, dtype: dtype),
            tolerance: tolerance, "\(cell) row \(row) state \(index)")
        }
      }
    }
  }

  @Test(arguments: ContractCell.allCases)
  func gradientsMatchDifferencesOverRaggedDirections(_ cell: ContractCell) {
    let options = ContractCell.Options(inputSize: 2, hiddenSize: 3, bidirectional: true, dtype: .float64)
    expectRightGradients(cell, options, steps: 3, lengths: [1, 3, 0])
  }

  @Test(arguments: ContractCell.allCases)
  func gradientsMatchDifferencesOverLevels(_ cell: ContractCell) {
    let options = ContractCell.Options(
      inputSize: 1, hiddenSize: 2, levels: 2, bidirectional: true, dtype: .float64)
    expectRightGradients(cell, options, steps: 2, lengths: nil)
  }

  private func expectRightGradients(
    _ cell: ContractCell, _ options: ContractCell.Options, steps: Int, lengths: [Int]?,
    givesState: Bool = true
  ) {
    let (layer, input, given) = smoothCase(cell, options, steps: steps, lengths, givesState: givesState)
    let state = given ?? []
    let stateCount = state.count
    expectGradientsMatchCentralDifferences(
      at: [input] + state + layer.parameters.tensors, "\(cell)"
    ) { tensors in
      var model = LayerModel(layer: layer)
      var rest = tensors[(1 + stateCount)...]
      model.updateParameters { _, parameter in parameter = rest.removeFirst() }
      let start = givesState ? Array(tensors[1...stateCount]) : nil
      return joined(model.layer.run(tensors[0], from: start, lengths: lengths))
    }
  }

  /// Numbers for which nothing comes near a kink, where differences would be those of two functions.
  private func smoothCase(
    _ cell: ContractCell, _ options: ContractCell.Options, steps: Int, _ lengths: [Int]?, givesState: Bool
  ) -> (layer: any ContractLayer, input: Tensor, state: [Tensor]?) {
    let lengths = lengths ?? [steps]
    for seed in UInt64(1)...1000 {
      var options = options
      options.seed = seed
      let layer = cell.makeLayer(options)
      let input = Tensor(testValues: [steps, lengths.count, options.inputSize], seed: 9 + seed)
      let zeros = layer.initialState(batchSize: lengths.count)
      let state = givesState ? zeros.map { Tensor(testValues: $0.shape, seed: 8 + seed) } : nil
      let loop = PlainLoop(cell, layer)
      for (row, length) in lengths.enumerated() {
        let states = (0..<zeros[0].shape[0]).map { cell in (state ?? zeros).map { $0[cell][row].doubles } }
        _ = loop.run((0..<length).map { input[$0][row].doubles }, from: states)
      }
      if loop.kinks.distance > 0.01 { return (layer, input, state) }
    }
    preconditionFailure("\(cell): everything is near a kink")
  }

  /// The initial state may be a parameter, which is then not given.
  @Test(arguments: ContractCell.learning)
  func gradientsMatchDifferencesFromALearnedState(_ cell: ContractCell) {
    let options = ContractCell.Options(
      inputSize: 1, hiddenSize: 3, levels: 2, bidirectional: true, dtype: .float64)
    expectRightGradients(cell, options, steps: 3, lengths: [1, 3, 0], givesState: false)
  }

  /// The same operations in the same order, so the same bits; gradients add in another order.
  @Test(arguments: ContractCell.allCases, [DType.float64, .float32])
  func fusedStepsHaveTheBitsOfComposedOnes(_ cell: ContractCell, _ dtype: DType) {
    let layer = cell.makeLayer(.init(levels: 2, bidirectional: true, dtype: dtype))
    let input = Tensor(testValues: [7, 3, 5], in: -3...3, seed: 12).asType(dtype)
    let (found, expected) = (layer.run(input), layer.withoutFusion.run(input))
    expectSameBits(found.output, expected.output, "\(cell) output")
    for (one, other) in zip(found.state, expected.state) { expectSameBits(one, other, "\(cell) state") }
  }

  @Test(arguments: ContractCell.allCases, [DType.float64, .float32])
  func fusedEqualsComposed(_ cell: ContractCell, _ dtype: DType) {
    let layer = cell.makeLayer(.init(levels: 2, bidirectional: true, dtype: dtype))
    let input = Tensor(testValues: [7, 3, 5], seed: 12).asType(dtype)
    let fused = everything(layer, input)
    let tolerance = dtype == .float64 ? Self.float64Tolerance * 10 : Self.float32Tolerance * 10
    for (found, expected) in zip(fused, everything(layer.withoutFusion, input)) {
      expectClose(found.tensor, expected.tensor, tolerance: tolerance, "\(cell) \(expected.name)")
    }
  }

  @Test(arguments: ContractCell.allCases, [DType.float64, .float32])
  func instructionSetsAndThreadCountsGiveTheSameBits(_ cell: ContractCell, _ dtype: DType) {
    for hiddenSize in [1, 7, 8, 9, 11, 16, 17] {
      let layer = cell.makeLayer(.init(hiddenSize: hiddenSize, bidirectional: true, dtype: dtype))
      let input = Tensor(testValues: [4, 3, 5], seed: 13).asType(dtype)
      let expected = everything(layer, input)
      for instructionSet in InstructionSet.available {
        for threadCount in [1, 2] {
          let options = ComputeOptions(instructionSet: instructionSet, threadCount: threadCount)
          let found = withComputeOptions(options) { everything(layer, input) }
          for (one, other) in zip(found, expected) {
            expectSameBits(
              one.tensor, other.tensor, "\(cell) H \(hiddenSize) \(instructionSet) \(threadCount) \(one.name)"
            )
          }
        }
      }
    }
  }

  /// Output, states, and the gradients of input and parameters, for a ragged batch.
  private func everything(_ layer: any ContractLayer, _ input: Tensor) -> [ParameterList.Element] {
    let lengths = [input.shape[0] - 1, input.shape[0], 1]
    let (output, state) = layer.run(input, from: nil, lengths: lengths)
    var model = InputModel(layer: layer, input: input)
    model.input = input
    let (_, gradients) = valueAndGradients(of: model) { model in
      let run = joined(model.layer.run(model.input, from: nil, lengths: lengths))
      return (run * Tensor(testValues: run.shape, seed: 14).asType(run.dtype)).sum()
    }
    return [("output", output)] + state.map { ("state", $0) } + gradients.entries
  }

  private func initialStates(_ layer: any ContractLayer) -> [[[Double]]] {
    let tensors = layer.initialState(batchSize: 1)
    return (0..<tensors[0].shape[0]).map { cell in tensors.map { $0[cell].doubles } }
  }
}

/// A layer and its input, both to be differentiated.
private struct InputModel: Module {
  var layer: any ContractLayer
  var input: Tensor

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    layer.visitParameters(&visitor)
    visitor.visit("input", &input)
  }
}

/// Output and states as one vector.
private func joined(_ run: (output: Tensor, state: [Tensor])) -> Tensor {
  Tensor.concatenated(([run.output] + run.state).map { $0.reshaped([$0.count]) })
}
