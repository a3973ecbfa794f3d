import Recurrent
import Testing

@Suite struct LayersFromTensorsTests {
  private let input = Generator(seed: 3).uniform([4, 2, 5], from: -1, to: 1)

  /// A module's parameters under names that begin with `net.`, through a file.
  private func saved(_ module: some Module) throws -> NamedTensors {
    var tensors: NamedTensors = ["other": Tensor([1])]
    for (name, tensor) in module.parameters { tensors["net." + name] = tensor }
    return try SafeTensors.decode(SafeTensors.encode(tensors))
  }

  private func expectSameParameters(
    _ a: some Module, _ b: some Module, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectSame(NamedTensors(a.parameters), NamedTensors(b.parameters), sourceLocation: sourceLocation)
  }

  @Test(arguments: [0, 3], [true, false])
  func anLSTMComesBackTheSame(projection: Int, isBidirectional: Bool) throws {
    let lstm = LSTM(
      inputSize: 5, hiddenSize: 7, layerCount: 2, bias: projection == 0, bidirectional: isBidirectional,
      projectionSize: projection)
    let copy = try LSTM(from: saved(lstm), prefix: "net.")
    expectSameParameters(copy, lstm)
    #expect(
      copy.layerCount == 2 && copy.isBidirectional == isBidirectional && copy.projectionSize == projection)
    #expect(NPY.encode(copy(input).output) == NPY.encode(lstm(input).output))
  }

  @Test func aGRUComesBackTheSame() throws {
    let gru = GRU(inputSize: 5, hiddenSize: 7, layerCount: 2, batchFirst: true, bidirectional: true)
    let copy = try GRU(from: saved(gru), batchFirst: true, dropout: 0.5)
    expectSameParameters(copy, gru)
    #expect(copy.batchFirst && copy.dropout == 0.5)
    #expect(
      NPY.encode(try GRU(from: saved(gru), batchFirst: true)(input).output) == NPY.encode(gru(input).output))
  }

  @Test func anRNNComesBackTheSame() throws {
    let rnn = RNN(inputSize: 5, hiddenSize: 7, nonlinearity: .relu, dtype: .float64)
    let copy = try RNN(from: saved(rnn), nonlinearity: .relu)
    expectSameParameters(copy, rnn)
    let input = input.asType(.float64)
    #expect(NPY.encode(copy(input).output) == NPY.encode(rnn(input).output))
  }

  @Test func variantsComeBackTheSame() throws {
    let lstm = LSTM(
      inputSize: 5, hiddenSize: 7, layerCount: 2, bidirectional: true, projectionSize: 3, peepholes: true,
      couplesInputAndForget: true, activations: [.hardSigmoid(alpha: 0.2, beta: 0.5), .softsign, .relu],
      clip: 2, trainableInitialState: true)
    let copy = try LSTM(from: saved(lstm), prefix: "net.", variant: lstm.variant)
    expectSameParameters(copy, lstm)
    #expect(copy.variant == lstm.variant && copy.hasPeepholes)
    #expect(NPY.encode(copy(input).output) == NPY.encode(lstm(input).output))

    let gru = GRU(inputSize: 5, hiddenSize: 7, reset: .beforeProduct, trainableInitialState: true)
    let other = try GRU(from: saved(gru), variant: gru.variant)
    #expect(other.reset == .beforeProduct)
    #expect(NPY.encode(other(input).output) == NPY.encode(gru(input).output))

    let rnn = RNN(inputSize: 5, hiddenSize: 7, nonlinearity: .elu(alpha: 0.5), clip: 1)
    let third = try RNN(from: saved(rnn), nonlinearity: .elu(alpha: 0.5), clip: 1)
    #expect(third.variant == rnn.variant)
    #expect(NPY.encode(third(input).output) == NPY.encode(rnn(input).output))
  }

  @Test func aCellBecomesALayer() throws {
    let cell = GRUCell(inputSize: 5, hiddenSize: 7)
    let layer = try GRU(from: saved(cell))
    let output = layer(input[0..<1]).output
    #expect(NPY.encode(output.reshaped([2, 7])) == NPY.encode(cell(input[0])))
  }

  @Test func anotherKindIsRefused() throws {
    let tensors = try saved(GRU(inputSize: 5, hiddenSize: 7))
    let error = expectError(.otherNetwork) { try LSTM(from: tensors) }
    #expect(error?.expected == "LSTM")
    #expect(error?.found.hasPrefix("GRU at net.") == true)
    expectError(.otherNetwork) { try RNN(from: tensors) }
    expectError(.noNetwork) { try GRU(from: tensors, prefix: "") }
  }
}
