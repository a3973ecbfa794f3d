import Recurrent
import RecurrentInterchange
import Testing

@Suite struct NAMMapTests {
  private let nam: ForeignFixtures

  init() throws { nam = try ForeignFixtures("nam") }

  @Test func aModelComputesWhatItDidThere() throws {
    let file = try NetworkFile(reading: nam.path("lstm.nam"))
    #expect(file.system == .nam && file.networks.count == 1)
    let network = file.networks[0]
    #expect(
      network.network.layerCount == 2 && network.network.inputSize == 1 && network.usedTensors == ["weights"])
    #expect(network.weights["initial_hidden_l1"]?.shape == [4] && network.head?.weight.shape == [1, 4])
    try nam.expectSameResults(network, as: "lstm")
  }

  @Test func everythingInTheFileIsKept() throws {
    let network = try nam.networks("lstm.nam")[0]
    #expect(network.weights.metadata["nam.sample_rate"] == "48000.0")
    #expect(try NetworkFormat.nam.encode(network).losses.isEmpty)
    let copy = try SampleNetworks.throughFile(network, .nam)
    expectSame(copy, network)
    #expect(copy.weights.metadata == network.weights.metadata)
    let elsewhere = try SampleNetworks.throughFile(network, .safetensors)
    let back = try SampleNetworks.throughFile(elsewhere, .nam)
    expectSame(back, network)
    #expect(back.weights.metadata == network.weights.metadata)
  }

  @Test func otherArchitecturesAreRefusedByName() {
    for name in ["WaveNet", "ConvNet", "Linear", "CatLSTM"] {
      let text =
        #"{"version": "0.5.4", "architecture": "\#(name)", "config": {"layers": []}, "weights": [1, 2]}"#
      let error = expectError(.otherNetwork) { try NetworkFile(TensorFile.decode(Array(text.utf8))) }
      #expect(error?.found == "the architecture \"\(name)\"")
    }
  }

  private func model(_ config: String, _ weights: String) -> [UInt8] {
    Array(#"{"version":"0.5.4","architecture":"LSTM","config":\#(config),"weights":[\#(weights)]}"#.utf8)
  }

  @Test func sizesMustFitTheWeights() throws {
    let config = #"{"input_size": 1, "hidden_size": 1, "num_layers": 1}"#
    // 4 (1 + 1) + 4 + 2, and 2 of the head.
    let weights = (1...16).map { "\($0)e-3" }.joined(separator: ",")
    let network = try NetworkFile(TensorFile.decode(model(config, weights))).networks[0]
    #expect(network.weights["initial_hidden_l0"]?.shape == [1])
    let zeros = weights.replacing("13e-3,14e-3", with: "0,-0.0")
    #expect(try NetworkFile(TensorFile.decode(model(config, zeros))).networks[0].weights.count == 4)
    for (text, kind) in [
      (config.replacing("1}", with: "2}"), FileError.Kind.misshapenTensor),
      (config.replacing("1}", with: "0}"), .shape),
      (config.replacing("1}", with: "9223372036854775807}"), .shape),
      (config.replacing("1}", with: "1048576}"), .misshapenTensor), ("{}", .missingField),
      (config.replacing("}", with: #", "gain": 1}"#), .unknownField),
      (config.replacing("1}", with: "1.5}"), .syntax),
    ] {
      expectError(kind, text) { try NetworkFile(TensorFile.decode(model(text, weights))) }
    }
  }

  @Test func whatNAMHasNoRoomForIsRefused() throws {
    let head = StoredNetwork.Head(weight: Tensor(zeros: [1, 5]), bias: Tensor([1]))
    let wide = StoredNetwork.Head(weight: Tensor(zeros: [2, 5]), bias: nil)
    let lstm = SampleNetworks.weights(.lstm)
    #expect(
      try NetworkFormat.nam.encode(StoredNetwork(weights: lstm, head: head, usedTensors: [])).losses.count
        == 1)
    for network in try [
      StoredNetwork(weights: lstm, usedTensors: []),
      StoredNetwork(weights: lstm, head: wide, usedTensors: []),
      StoredNetwork(weights: SampleNetworks.weights(.gru), head: head, usedTensors: []),
      StoredNetwork(
        weights: lstm, variant: CellVariant(couplesInputAndForget: true), head: head, usedTensors: []),
    ] {
      expectError(.inexpressible, "\(network.network)") { try NetworkFormat.nam.encode(network) }
    }
    var forged = try StoredNetwork(weights: lstm, head: head, usedTensors: [])
    forged.weights.metadata["nam.metadata"] = #"{}, "weights": [1]"#
    expectError(.syntax) { try NetworkFormat.nam.encode(forged) }
    forged.weights.metadata = ["nam.weights": "[1]"]
    expectSame(
      try SampleNetworks.throughFile(forged, .nam).weights,
      try SampleNetworks.throughFile(network(lstm, head), .nam).weights)
  }

  private func network(_ weights: NamedTensors, _ head: StoredNetwork.Head) throws -> StoredNetwork {
    try StoredNetwork(weights: weights, head: head, usedTensors: [])
  }
}
