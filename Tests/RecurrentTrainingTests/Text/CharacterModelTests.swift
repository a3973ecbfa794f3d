import RecurrentLayers
import RecurrentTensors
import RecurrentTraining
import Testing

@Suite struct CharacterModelTests {
  @Test(arguments: CharacterModel.Configuration.Cell.allCases, [nil, 4])
  func makesItsLayersInOrderFromOneGenerator(cell: CharacterModel.Configuration.Cell, embedding: Int?) {
    let model = CharacterModel(
      vocabularySize: 7, .init(cell: cell, hiddenSize: 5, layerCount: 2, embeddingSize: embedding),
      generator: Generator(seed: 9))
    let generator = Generator(seed: 9)
    let table = embedding.map { Embedding(count: 7, size: $0, generator: generator) }
    let recurrent: ParameterList =
      switch cell {
      case .rnn: RNN(inputSize: embedding ?? 7, hiddenSize: 5, layerCount: 2, generator: generator).parameters
      case .lstm:
        LSTM(inputSize: embedding ?? 7, hiddenSize: 5, layerCount: 2, generator: generator).parameters
      case .gru: GRU(inputSize: embedding ?? 7, hiddenSize: 5, layerCount: 2, generator: generator).parameters
      }
    let head = Linear(inputSize: 5, outputSize: 7, generator: generator)
    var expected = table.map { $0.parameters.map { ("embedding.\($0.name)", $0.tensor) } } ?? []
    expected += recurrent.map { ("\(cell).\($0.name)", $0.tensor) }
    expected += head.parameters.map { ("head.\($0.name)", $0.tensor) }
    #expect(model.parameters.names == expected.map(\.0))
    for (found, expected) in zip(model.parameters, expected) {
      #expect(found.tensor.isBitwiseEqual(to: expected.1), "\(found.name)")
    }
  }

  @Test(arguments: CharacterModel.Configuration.Cell.allCases)
  func goingOnFromAStateEqualsReadingAtOnce(cell: CharacterModel.Configuration.Cell) {
    let model = CharacterModel(
      vocabularySize: 5, .init(cell: cell, hiddenSize: 3), generator: Generator(seed: 2))
    let ids = Tensor([0, 1, 2, 3, 4, 0, 4, 3, 2, 1, 0, 4] as [Int64], shape: [6, 2])
    let (whole, _) = model(ids)
    #expect(whole.shape == [6, 2, 5])
    let (first, state) = model(ids[0..<2])
    let (second, _) = model(ids[2..<6], from: state)
    #expect(Tensor.concatenated([first, second], axis: 0).isBitwiseEqual(to: whole))
  }
}
