import Recurrent
import RecurrentInterchange
import Testing

@Suite struct MLXMapTests {
  private let mlx: ForeignFixtures

  init() throws { mlx = try ForeignFixtures("mlx") }

  @Test(arguments: ["lstm.safetensors", "gru.npz", "rnn.safetensors"])
  func mlxsLayersComputeWhatTheyDidThere(file: String) throws {
    let networks = try mlx.networks(file)
    #expect(networks.count == 1 && networks[0].name.isEmpty)
    try mlx.expectSameResults(networks[0], as: String(file.prefix { $0 != "." }))
    #expect(try NetworkFile(reading: mlx.path(file)).system == .mlx)
    #expect(try Set(networks[0].usedTensors) == Set(TensorFile.read(mlx.path(file)).names))
  }

  @Test(arguments: [("lstm-stack.npz", 3), ("gru-stack.safetensors", 2)])
  func aListOfLayersIsOneNetwork(file: String, layers: Int) throws {
    let networks = try mlx.networks(file)
    #expect(networks.count == 1 && networks[0].name == "layers.")
    #expect(networks[0].network.layerCount == layers)
    try mlx.expectSameResults(networks[0], as: String(file.prefix { $0 != "." }))
    let all = try TensorFile.read(mlx.path(file))
    #expect(Set(all.names).subtracting(networks[0].usedTensors) == ["fc.weight", "fc.bias"])
    #expect(try networks[0].withHead(from: all, prefix: "fc.").head?.weight.shape == [2, 4])
  }

  @Test func layersThatDoNotFitStayApart() throws {
    func lstm(_ input: Int, _ hidden: Int, _ prefix: String) -> NamedTensors {
      [
        prefix + "Wx": Tensor(zeros: [4 * hidden, input]),
        prefix + "Wh": Tensor(zeros: [4 * hidden, hidden]),
        prefix + "bias": Tensor(zeros: [4 * hidden]),
      ]
    }
    var tensors = NamedTensors()
    for (input, hidden, prefix) in [
      (3, 4, "a.10."), (4, 4, "a.9."), (4, 4, "a.11."), (4, 5, "a.12."), (4, 4, "b."), (4, 4, "a.1.cell."),
    ] {
      for (name, tensor) in lstm(input, hidden, prefix) { tensors[name] = tensor }
    }
    let networks = try NetworkFile(tensors).networks
    #expect(networks.map(\.name) == ["a.9.", "a.", "a.12.", "b.", "a.1.cell."])
    #expect(networks.map(\.network.layerCount) == [1, 2, 1, 1, 1])
  }

  @Test(arguments: [NetworkFormat.mlx, .mlxNPZ], RecurrentNetwork.Kind.allCases)
  func networksComeBack(format: NetworkFormat, kind: RecurrentNetwork.Kind) throws {
    for (layers, bias) in [(1, true), (3, false), (2, true)] {
      let network = try StoredNetwork(
        weights: SampleNetworks.weights(kind, layers: layers, bias: bias), usedTensors: [])
      let losses = try format.encode(network).losses
      #expect(losses.isEmpty == !bias)
      let copy = try SampleNetworks.throughFile(network, format)
      #expect(copy.name == (layers == 1 ? "" : "layers."))
      let input = Generator(seed: 2).uniform([5, 2, 3], from: -1, to: 1)
      let (ours, theirs) = (try network.output(for: input), try copy.output(for: input))
      #expect(NPY.encode(ours) == NPY.encode(theirs))
      #expect(try format.encode(copy).losses == [])
      expectSame(try SampleNetworks.throughFile(copy, format), copy)
    }
  }

  @Test func whatASafetensorsFileCanSayStays() throws {
    let head = StoredNetwork.Head(weight: Tensor(zeros: [2, 5]), bias: nil, activation: .sigmoid)
    for layers in [1, 2] {
      let weights = SampleNetworks.weights(.rnn, layers: layers, bias: false)
      let network = try StoredNetwork(
        weights: weights, variant: CellVariant(activations: [.relu]), head: head, usedTensors: [])
      expectSame(try SampleNetworks.throughFile(network, .mlx), network)
      expectError(.inexpressible) { try NetworkFormat.mlxNPZ.encode(network) }
    }
  }

  @Test func whatMLXHasNoRoomForIsRefused() throws {
    for weights in [
      SampleNetworks.weights(.gru, bidirectional: true), SampleNetworks.weights(.lstm, projection: 2),
      SampleNetworks.weights(.rnn, dtype: .float64),
    ] {
      let network = try StoredNetwork(weights: weights, usedTensors: [])
      expectError(.inexpressible) { try NetworkFormat.mlx.encode(network) }
    }
  }

  @Test func layersOfOtherShapesAreRefused() {
    let base: NamedTensors = [
      "Wx": Tensor(zeros: [12, 3]), "Wh": Tensor(zeros: [12, 4]), "b": Tensor(zeros: [12]),
      "bhn": Tensor(zeros: [4]),
    ]
    for (name, shape) in [
      ("Wh", [12, 5]), ("Wh", [12]), ("Wx", [11, 3]), ("Wx", [12, 0]), ("b", [4]), ("bhn", [12]),
    ] {
      var tensors = base
      tensors[name] = Tensor(zeros: shape)
      expectError(.misshapenTensor, "\(name) \(shape)") { try NetworkFile(tensors) }
    }
    var tensors = base
    tensors["bhn"] = Tensor(zeros: [4], dtype: .float64)
    expectError(.misshapenTensor) { try NetworkFile(tensors) }
    tensors["bhn"] = nil
    expectError(.missingTensor) { try NetworkFile(tensors) }
  }
}
