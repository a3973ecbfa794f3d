import Recurrent
import RecurrentInterchange
import Testing

@Suite struct OnnxMapTests {
  /// Writes a network, and finds the networks in what was written.
  private func reread(_ network: StoredNetwork, _ format: NetworkFormat = .onnx) throws -> [StoredNetwork] {
    let bytes = try OnnxMap.bytes(of: network, as: format)
    return try OnnxMap.networks(in: TensorFile.decode(bytes))
  }

  private func expectKept(
    _ form: RandomNetwork, _ format: NetworkFormat = .onnx, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let network = try form.make()
    let copies = try reread(network, format)
    #expect(copies.count == 1, "\(form)", sourceLocation: sourceLocation)
    guard let copy = copies.first else { return }
    expectSame(copy.weights, network.weights, sourceLocation: sourceLocation)
    #expect(copy.network == network.network, "\(form)", sourceLocation: sourceLocation)
    #expect(copy.name.isEmpty, "\(form)", sourceLocation: sourceLocation)
    let variant = network.variant.simplified(for: form.kind)
    #expect(copy.variant == variant, "\(form)", sourceLocation: sourceLocation)
    expectSame(copy.head.tensors, network.head.tensors, sourceLocation: sourceLocation)
    #expect(copy.head?.activation == network.head?.activation, "\(form)", sourceLocation: sourceLocation)
  }

  // MARK: - There and back

  @Test(arguments: RecurrentNetwork.Kind.allCases)
  func everyFormComesBackBitForBit(kind: RecurrentNetwork.Kind) throws {
    for layerCount in [1, 2, 3] {
      for isBidirectional in [false, true] {
        for (hasBias, dtype) in [(false, DType.float64), (true, .float32)] {
          var form = RandomNetwork()
          (form.kind, form.layerCount, form.isBidirectional) = (kind, layerCount, isBidirectional)
          (form.hasBias, form.dtype) = (hasBias, dtype)
          (form.hasInitialState, form.hasPeepholes) = (layerCount == 2, kind == .lstm && hasBias)
          form.headSize = layerCount == 1 ? 0 : 4
          try expectKept(form)
        }
      }
    }
  }

  @Test func drawnFormsComeBackBitForBit() throws {
    for seed in 0..<60 as Range<UInt64> { try expectKept(RandomNetwork(drawing: seed)) }
  }

  @Test(arguments: RecurrentNetwork.Kind.allCases)
  func theGraphOfOneStepHoldsTheSameNetwork(kind: RecurrentNetwork.Kind) throws {
    for layerCount in [1, 3] {
      var form = RandomNetwork()
      (form.kind, form.layerCount, form.headSize, form.headActivation) = (kind, layerCount, 2, .sigmoid)
      form.hasInitialState = layerCount == 3
      try expectKept(form, .onnxStep)
    }
  }

  @Test func aCellComesBackAsACell() throws {
    for kind in RecurrentNetwork.Kind.allCases {
      try expectKept(RandomNetwork(kind: kind, isCell: true))
      try expectKept(RandomNetwork(kind: kind, hasInitialState: true, isCell: true), .onnxStep)
    }
  }

  @Test func everyActivationOfAHeadComesBack() throws {
    for activation in RandomNetwork.activations {
      for hasBias in [false, true] {
        try expectKept(
          RandomNetwork(kind: .rnn, headSize: 2, headHasBias: hasBias, headActivation: activation))
      }
    }
  }

  @Test func aTrainedStateOfZerosIsNotLost() throws {
    var network = try RandomNetwork(kind: .gru, layerCount: 2, hasInitialState: true).make()
    for name in ["initial_hidden_l0", "initial_hidden_l1"] { network.weights[name] = Tensor(zeros: [5]) }
    let copy = try #require(try reread(network).first)
    expectSame(copy.weights, network.weights)
  }

  @Test func everyTensorIsUsed() throws {
    for seed in 0..<12 as Range<UInt64> {
      let bytes = try OnnxMap.bytes(of: RandomNetwork(drawing: seed).make(), as: .onnx)
      let tensors = try TensorFile.decode(bytes)
      #expect(try OnnxMap.networks(in: tensors)[0].usedTensors == tensors.names)
    }
  }

  @Test func theSameNetworkGivesTheSameBytes() throws {
    for format in [NetworkFormat.onnx, .onnxStep] {
      let form = RandomNetwork(layerCount: 2, headSize: 3)
      #expect(try OnnxMap.bytes(of: form.make(), as: format) == OnnxMap.bytes(of: form.make(), as: format))
    }
  }

  // MARK: - Run here

  @Test func theGraphComputesWhatTheLayerDoes() throws {
    for seed in 100..<124 as Range<UInt64> {
      var form = RandomNetwork(drawing: seed)
      // A product and a sum round once more than a linear layer, which starts from the bias.
      (form.headHasBias, form.headActivation) = (false, seed % 2 == 0 ? .tanh : nil)
      let network = try form.make()
      let model = try OnnxModel(decoding: OnnxMap.bytes(of: network, as: .onnx))
      for (steps, batchSize) in [(7, 3), (1, 1), (4, 5)] {
        let generator = Generator(seed: seed)
        let x = generator.uniform([steps, batchSize, form.inputSize], from: -1, to: 1, dtype: form.dtype)
        try expectEqual(model, network, ["input": x])
        let states = network.drawnStates(batchSize: batchSize, generator)
        let lengths = (0..<batchSize).map { Int64(1 + (Int(seed) + 3 * $0) % steps) }
        var given: NamedTensors = ["input": x, "lengths": Tensor(lengths, shape: [batchSize])]
        try expectEqual(model, network, given)
        for (name, state) in states { given[name] = state }
        try expectEqual(model, network, given)
        given["lengths"] = nil
        try expectEqual(model, network, given)
      }
    }
  }

  private func expectEqual(_ model: OnnxModel, _ network: StoredNetwork, _ given: NamedTensors) throws {
    let states = given["h0"].map { [$0] + (given["c0"].map { [$0] } ?? []) }
    let expected = try network.run(
      given["input"]!, states: states,
      lengths: given["lengths"].map { $0.scalars(as: Int64.self).map(Int.init) })
    expectSame(try model.run(given), expected)
  }

  @Test func stepsOfTheStreamingGraphMakeTheSequence() throws {
    for kind in RecurrentNetwork.Kind.allCases {
      let network = try RandomNetwork(
        kind: kind, layerCount: 2, hasInitialState: true, headSize: 2, headHasBias: false
      ).make()
      let model = try OnnxModel(decoding: OnnxMap.bytes(of: network, as: .onnxStep))
      let x = Generator(seed: 5).uniform([6, 2, 3], from: -1, to: 1)
      let expected = try network.run(x)
      var given = NamedTensors()
      for step in 0..<6 {
        given["x"] = x[step]
        let result = try model.run(given)
        #expect(result["output"]!.isBitwiseEqual(to: expected["output"]![step]), "\(kind), step \(step)")
        (given["h"], given["c"]) = (result["h_next"], result["c_next"])
      }
      #expect(given["h"]!.isBitwiseEqual(to: expected["h_n"]!), "\(kind)")
    }
  }
}

extension StoredNetwork.Head? {
  fileprivate var tensors: NamedTensors {
    var tensors = NamedTensors()
    tensors["weight"] = self?.weight
    tensors["bias"] = self?.bias
    return tensors
  }
}
