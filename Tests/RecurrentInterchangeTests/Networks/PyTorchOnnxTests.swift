import Recurrent
import RecurrentInterchange
import RecurrentTestSupport
import Testing

/// Graphs out of PyTorch's exporters, made by `make_onnx_fixtures.py`.
@Suite struct PyTorchOnnxTests {
  private func expectExported(
    _ name: String, _ activation: Activation? = nil, hasHead: Bool = true, ofLastStep: Bool = false,
    variant: [Activation]? = nil
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
      #expect(head.isOfLastStep == ofLastStep, "\(name)")
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

  @Test func aHeadOfTheLastStepIsRead() throws {
    try expectExported("last-step-script", ofLastStep: true)
    try expectExported("last-step-export", .relu, ofLastStep: true)
    try expectExported("last-state-script", .sigmoid, ofLastStep: true)
    try expectExported("last-state-export", ofLastStep: true)
  }

  /// What the head of these graphs computes is the last step of what it computes here.
  @Test(arguments: ["last-step-script", "last-step-export", "last-state-script", "last-state-export"])
  func theLastStepOfAHeadIsTheGraphs(name: String) throws {
    let path = fixture("Onnx/\(name).onnx")
    let model = try OnnxModel(reading: path)
    let isBatchFirst = name.hasPrefix("last-step")
    let x = Generator(seed: 3).uniform([4, 2, 3], from: -1, to: 1)
    let graph = try model.run([model.inputs[0].name: x])[model.outputs[0].name]
    let network = try NetworkFile(reading: path).networks[0]
    let output = try network.run(isBatchFirst ? x.transposed(0, 1) : x, states: nil, lengths: nil)["output"]
    let last = try #require(output.map { $0[$0.shape[0] - 1] })
    expectClose(last, try #require(graph), tolerance: 1e-6, name)
  }

  /// The last states of two directions are no step's output: their head's weights belong to nothing.
  @Test func aHeadOfTheLastStatesOfTwoDirectionsIsNone() throws {
    let file = try NetworkFile(reading: fixture("Onnx/last-states-export.onnx"))
    let network = try #require(file.networks.first)
    #expect(network.network.isBidirectional && network.head == nil)
    #expect(!network.usedTensors.contains("head.weight"))
  }

  @Test func whatAnRNNAppliesIsRead() throws {
    try expectExported("rnn-relu-script", hasHead: false, variant: [.relu])
  }
}
