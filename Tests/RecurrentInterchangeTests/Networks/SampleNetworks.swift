import Recurrent
import RecurrentInterchange
import Testing

/// Networks with random weights, and what their maps are tested with.
enum SampleNetworks {
  /// Weights as PyTorch draws them.
  static func weights(
    _ kind: RecurrentNetwork.Kind, input: Int = 3, hidden: Int = 5, layers: Int = 1,
    bidirectional: Bool = false,
    bias: Bool = true, projection: Int = 0, dtype: DType = .float32, seed: UInt64 = 1
  ) -> NamedTensors {
    let generator = Generator(seed: seed)
    switch kind {
    case .rnn:
      return parameters(
        RNN(
          inputSize: input, hiddenSize: hidden, layerCount: layers, bias: bias, bidirectional: bidirectional,
          dtype: dtype, generator: generator))
    case .lstm:
      return parameters(
        LSTM(
          inputSize: input, hiddenSize: hidden, layerCount: layers, bias: bias, bidirectional: bidirectional,
          projectionSize: projection, dtype: dtype, generator: generator))
    case .gru:
      return parameters(
        GRU(
          inputSize: input, hiddenSize: hidden, layerCount: layers, bias: bias, bidirectional: bidirectional,
          dtype: dtype, generator: generator))
    }
  }

  private static func parameters(_ module: some Module) -> NamedTensors {
    NamedTensors(module.parameters.map { (name: $0.name, tensor: $0.tensor) })
  }

  /// The only network of the file that `network` becomes.
  static func throughFile(_ network: StoredNetwork, _ format: NetworkFormat) throws -> StoredNetwork {
    try withTemporaryFolder { folder in
      let path = folder + "/network"
      try format.encode(network).write(path)
      let file = try NetworkFile(reading: path)
      #expect(file.system == format.system)
      #expect(file.networks.count == 1)
      return file.networks[0]
    }
  }
}

/// Expects the same network: weights bit for bit, variant and head.
func expectSame(
  _ actual: StoredNetwork, _ expected: StoredNetwork, sourceLocation: SourceLocation = #_sourceLocation
) {
  expectSame(actual.weights, expected.weights, sourceLocation: sourceLocation)
  #expect(actual.variant == expected.variant, sourceLocation: sourceLocation)
  #expect((actual.head == nil) == (expected.head == nil), sourceLocation: sourceLocation)
  guard let head = actual.head, let other = expected.head else { return }
  #expect(head.activation == other.activation, sourceLocation: sourceLocation)
  var (first, second): (NamedTensors, NamedTensors) = (["weight": head.weight], ["weight": other.weight])
  first["bias"] = head.bias
  second["bias"] = other.bias
  expectSame(first, second, sourceLocation: sourceLocation)
}
