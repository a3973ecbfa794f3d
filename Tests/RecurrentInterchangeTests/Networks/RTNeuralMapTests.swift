import Recurrent
import RecurrentInterchange
import Testing

@Suite struct RTNeuralMapTests {
  private let rtneural: ForeignFixtures

  init() throws { rtneural = try ForeignFixtures("rtneural") }

  @Test(arguments: [("lstm", 2), ("gru", 1)])
  func modelsComputeWhatTheyDidInKeras(name: String, layers: Int) throws {
    let file = try NetworkFile(reading: rtneural.path("\(name).json"))
    #expect(file.system == .rtneural && file.networks.count == 1)
    #expect(file.networks[0].network.layerCount == layers)
    #expect(file.networks[0].head?.activation == (name == "gru" ? .sigmoid : nil))
    #expect(file.networks[0].usedTensors == file.tensors.names)
    try rtneural.expectSameResults(file.networks[0], as: name)
  }

  @Test(arguments: ["lstm", "gru"]) func whatWasReadIsWrittenBitForBit(name: String) throws {
    let network = try rtneural.networks("\(name).json")[0]
    #expect(try NetworkFormat.rtneural.encode(network).losses.isEmpty)
    expectSame(try SampleNetworks.throughFile(network, .rtneural), network)
  }

  @Test func everyFloat32RoundTrips() throws {
    var weights = SampleNetworks.weights(.gru, hidden: 2)
    let numbers: [Float] = [
      .leastNonzeroMagnitude, -.greatestFiniteMagnitude, 1.0 / 3, -0.0, 16_777_216, .leastNormalMagnitude,
    ]
    weights["bias_hh_l0"] = Tensor(numbers)
    let network = try StoredNetwork(weights: weights, usedTensors: [])
    expectSame(try SampleNetworks.throughFile(network, .rtneural), network)
    for bad in [Float.nan, .infinity] {
      weights["bias_hh_l0"] = Tensor([Float](repeating: bad, count: 6))
      let network = try StoredNetwork(weights: weights, usedTensors: [])
      expectError(.inexpressible) { try NetworkFormat.rtneural.encode(network) }
    }
  }

  @Test func summedBiasesAreALoss() throws {
    let network = try StoredNetwork(weights: SampleNetworks.weights(.lstm), usedTensors: [])
    #expect(try NetworkFormat.rtneural.encode(network).losses.count == 1)
    let copy = try SampleNetworks.throughFile(network, .rtneural)
    let input = Generator(seed: 2).uniform([5, 2, 3], from: -1, to: 1)
    #expect(NPY.encode(try network.output(for: input)) == NPY.encode(try copy.output(for: input)))
  }

  @Test func whatRTNeuralHasNoRoomForIsRefused() throws {
    let clipped = CellVariant(clip: 1)
    let plain = SampleNetworks.weights(.lstm)
    for network in try [
      StoredNetwork(weights: SampleNetworks.weights(.rnn), usedTensors: []),
      StoredNetwork(weights: SampleNetworks.weights(.gru, bidirectional: true), usedTensors: []),
      StoredNetwork(weights: SampleNetworks.weights(.lstm, projection: 2), usedTensors: []),
      StoredNetwork(weights: plain, variant: clipped, usedTensors: []),
      StoredNetwork(
        weights: plain, head: .init(weight: Tensor(zeros: [1, 5]), bias: nil, activation: .softplus),
        usedTensors: []),
    ] {
      expectError(.inexpressible, "\(network.network)") { try NetworkFormat.rtneural.encode(network) }
    }
  }

  /// A file of the given layers.
  private func model(_ layers: String...) -> [UInt8] {
    Array(#"{"in_shape": [null, null, 1], "layers": [\#(layers.joined(separator: ","))]}"#.utf8)
  }
  private let gru =
    #"{"type":"gru","activation":"tanh","shape":[1],"weights":[[[1,2,3]],[[4,5,6]],[[7,8,9],[1,2,3]]]}"#
  private let dense = #"{"type":"dense","activation":"","shape":[1],"weights":[[[1]],[2]]}"#

  @Test func otherLayersAreRefusedByName() throws {
    #expect(try NetworkFile(TensorFile.decode(model(gru, dense))).networks[0].head != nil)
    let prelu = #"{"type":"prelu","activation":"","shape":[1],"weights":[[[1]]]}"#
    let conv = #"{"type":"conv1d","activation":"tanh","shape":[1],"kernel_size":[3],"weights":[[[[1]]],[2]]}"#
    for layers in [
      model(conv, gru), model(gru, prelu), model(gru, conv), model(gru, dense, prelu), model(dense, gru),
    ] {
      expectError(.otherNetwork) { try NetworkFile(TensorFile.decode(layers)) }
    }
    let error = expectError(.otherNetwork) { try NetworkFile(TensorFile.decode(model(gru, conv))) }
    #expect(error?.found == "a layer \"conv1d\"")
    expectError(.otherNetwork) {
      try NetworkFile(TensorFile.decode(model(gru.replacing("tanh", with: "relu"))))
    }
    expectError(.otherNetwork) {
      try NetworkFile(TensorFile.decode(model(gru, gru.replacing("gru", with: "lstm"))))
    }
  }

  @Test func listsThatNobodyReadsAreNotUsed() throws {
    let more = gru.replacing("[1,2,3]]]}", with: "[1,2,3]],[9]]}")
    let file = try NetworkFile(TensorFile.decode(model(more, dense)))
    #expect(Set(file.tensors.names).subtracting(file.networks[0].usedTensors) == ["layers.0.weights.3"])
  }

  @Test func aGRUThatResetsBeforeTheProductIsRefused() {
    let flat = gru.replacing("[[7,8,9],[1,2,3]]", with: "[7,8,9]")
    expectError(.misshapenTensor) { try NetworkFile(TensorFile.decode(model(flat))) }
    let none = gru.replacing(",[[7,8,9],[1,2,3]]", with: "")
    expectError(.missingTensor) { try NetworkFile(TensorFile.decode(model(none))) }
  }

  /// The metadata of JSON may stand in a safetensors file too, where tensors are anything.
  @Test func forgedMetadataIsRefused() throws {
    var tensors = try TensorFile.decode(model(gru, dense))
    for (name, tensor) in [
      ("layers.1.kernel", Tensor(zeros: [1, 1], dtype: .float64)),
      ("layers.0.bias", Tensor([Int64](1...6), shape: [2, 3])),
      ("layers.1.bias", Tensor(zeros: [1], dtype: .float64)), ("layers.0.kernel", Tensor(scalar: 1 as Float)),
    ] {
      let genuine = tensors[name]
      tensors[name] = tensor
      #expect(throws: FileError.self, "\(name)") { try NetworkFile(tensors) }
      tensors[name] = genuine
    }
    tensors.metadata["rtneural.layers"] = "-5"
    #expect(try NetworkFile(tensors).networks.isEmpty)
    tensors.metadata["rtneural.layers"] = "9223372036854775807"
    let error = expectError(.otherNetwork) { try NetworkFile(tensors) }
    #expect(error?.place.tensor == "layers.2.")
  }
}
