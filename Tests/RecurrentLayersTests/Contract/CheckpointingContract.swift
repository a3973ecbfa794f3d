import Recurrent
import RecurrentLayers
import RecurrentTestSupport
import Testing

/// What every cell promises of recording less: every gradient has the same bits.
@Suite struct CheckpointingContract {
  static let lengths: [[Int]?] = [nil, [2, 7, 5], [0, 7, 1]]

  /// Bounds that cut seven steps into pieces of one, a few, and all of them.
  @Test(arguments: ContractCell.allCases, lengths)
  func anyBoundGivesTheSameBits(_ cell: ContractCell, _ lengths: [Int]?) {
    for (levels, bidirectional) in [(1, false), (2, true)] {
      var layer = cell.makeLayer(.init(levels: levels, bidirectional: bidirectional))
      let input = Tensor(testValues: [7, 3, 5], seed: 21).asType(.float32)
      let expected = gradients(layer, input, lengths)
      for bytes in [0, 3_000, 6_000, 12_000, 1_000_000] {
        layer.checkpointing = .bytes(bytes)
        expectSame(gradients(layer, input, lengths), expected, "\(cell), \(levels) levels, \(bytes) bytes")
      }
    }
  }

  @Test(arguments: ContractCell.allCases, [DType.float32, .float64])
  func everySquareRootGivesTheSameBits(_ cell: ContractCell, _ dtype: DType) {
    var layer = cell.makeLayer(.init(inputSize: 2, hiddenSize: 3, bidirectional: true, dtype: dtype))
    let input = Tensor(testValues: [300, 2, 2], seed: 22).asType(dtype)
    let expected = gradients(layer, input, [300, 270])
    layer.checkpointing = .everySquareRoot
    expectSame(gradients(layer, input, [300, 270]), expected, "\(cell)")
  }

  @Test func threadsChangeNoBitOfPieces() {
    var layer = ContractCell.lstm.makeLayer(.init(levels: 2, bidirectional: true))
    let input = Tensor(testValues: [5, 19, 5], seed: 23).asType(.float32)
    let expected = gradients(layer, input, nil)
    layer.checkpointing = .bytes(0)
    for threads in [1, 2, 3] {
      let found = withComputeOptions(ComputeOptions(threadCount: threads)) { gradients(layer, input, nil) }
      expectSame(found, expected, "\(threads) threads")
    }
  }

  /// Output, states, and the gradients of input, initial state and parameters.
  private func gradients(
    _ layer: any ContractLayer, _ input: Tensor, _ lengths: [Int]?
  ) -> [ParameterList.Element] {
    let states = layer.initialState(batchSize: input.shape[1]).enumerated().map { index, zeros in
      Tensor(testValues: zeros.shape, seed: UInt64(24 + index)).asType(input.dtype)
    }
    let (output, final) = layer.run(input, from: states, lengths: lengths)
    let model = ArgumentsModel(layer: layer, arguments: [input] + states)
    let (_, gradients) = valueAndGradients(of: model) { model -> Tensor in
      let run = model.layer.run(model.arguments[0], from: Array(model.arguments[1...]), lengths: lengths)
      let parts = ([run.output] + run.state).enumerated().map { index, tensor in
        (tensor * Tensor(testValues: tensor.shape, seed: UInt64(30 + index)).asType(tensor.dtype)).sum()
      }
      return parts.dropFirst().reduce(parts[0], +)
    }
    return [("output", output)] + final.map { ("state", $0) } + gradients.entries
  }

  private func expectSame(
    _ found: [ParameterList.Element], _ expected: [ParameterList.Element], _ name: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (one, other) in zip(found, expected) {
      expectSameBits(one.tensor, other.tensor, "\(name), \(one.name)", sourceLocation: sourceLocation)
    }
  }
}

/// A layer and what it is called with, all to be differentiated.
private struct ArgumentsModel: Module {
  var layer: any ContractLayer
  var arguments: [Tensor]

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    layer.visitParameters(&visitor)
    for index in arguments.indices { visitor.visit("argument\(index)", &arguments[index]) }
  }
}
