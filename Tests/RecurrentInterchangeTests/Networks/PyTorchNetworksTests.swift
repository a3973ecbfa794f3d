import Recurrent
import RecurrentTestSupport
import Testing

/// The networks that PyTorch made for the layers' goldens, told from their weights alone.
@Suite struct PyTorchNetworksTests {
  struct Description: Decodable {
    let kind: String
    let inputSize, hiddenSize, layers, projection: Int
    let bidirectional, bias: Bool
    let dtype: String
  }

  @Test(arguments: ["rnn-tanh", "rnn-relu", "gru", "lstm", "lstm-projected"], ["float32", "float64"])
  func everyNetworkIsToldFromItsWeights(name: String, dtype: String) throws {
    for (key, description, tensors) in try GoldenFile("Layers/\(name)-\(dtype).safetensors")
      .cases(as: Description.self)
    {
      let network = try RecurrentNetwork(describing: tensors, prefix: "")
      #expect(description.kind.hasPrefix(network.kind.rawValue), "\(key)")
      #expect(network.inputSize == description.inputSize, "\(key)")
      #expect(network.hiddenSize == description.hiddenSize, "\(key)")
      #expect(network.layerCount == description.layers, "\(key)")
      #expect(network.projectionSize == description.projection, "\(key)")
      #expect(network.isBidirectional == description.bidirectional, "\(key)")
      #expect(network.hasBias == description.bias, "\(key)")
      #expect(network.dtype.rawValue == description.dtype, "\(key)")
    }
  }
}
