import Recurrent
import RecurrentInterchange
import Testing

/// Graphs out of PyTorch's exporters, made by `make_onnx_fixtures.py`.
@Suite struct PyTorchOnnxTests {
  private func expectExported(
    _ name: String, _ activation: Activation? = nil, hasHead: Bool = true, variant: [Activation]? = nil
  ) throws {
    let state = try TensorFile.read(fixture("Onnx/weights.safetensors")).droppingPrefix(name + ".")
    let file = try NetworkFile(reading: fixture("Onnx/\(name).onnx"))
    #expect(file.system == .onnx && file.networks.count == 1, "\(name)")
    let network = try #require(file.networks.first)
    let layer = state.droppingPrefix("layer.")
    for (key, tensor) in network.weights {
      #expect(layer[key]?.isBitwiseEqual(to: tensor) == true, "\(name), \(key)")
    }
    #expect(network.weights.count == layer.count, "\(name)")
    #expect(network.variant == CellVariant(activations: variant), "\(name)")
    #expect((network.head != nil) == hasHead, "\(name)")
    #expect(network.head?.activation == activation, "\(name)")
    if let head = network.head {
      #expect(head.weight.isBitwiseEqual(to: state["head.weight"]!), "\(name)")
      #expect(head.bias!.isBitwiseEqual(to: state["head.bias"]!), "\(name)")
    }
    #expect(network.usedTensors == file.tensors.names, "\(name)")
  }

  @Test func oneLevelComesBackBitForBit() throws {
    try expectExported("lstm-script", hasHead: false)
    try expectExported("lstm-export", hasHead: false)
  }

  @Test func levelsAndDirectionsAreChained() throws {
    try expectExported("lstm-bidirectional-script", .tanh)
    try expectExported("lstm-bidirectional-export")
    try expectExported("gru-script", .sigmoid)
    try expectExported("gru-export", .leakyRelu(alpha: 0.1))
    try expectExported("rnn-tanh-script", hasHead: false)
  }

  @Test func whatAnRNNAppliesIsRead() throws {
    try expectExported("rnn-relu-script", hasHead: false, variant: [.relu])
  }
}
