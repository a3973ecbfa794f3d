import Foundation
import Recurrent
import RecurrentInterchange
import Testing

@Suite struct OnnxMapRefusalTests {
  /// The networks of a written graph that was changed.
  private func reread(_ form: RandomNetwork, _ change: (inout OnnxGraphProto) -> Void) throws
    -> [StoredNetwork]
  {
    var model = try OnnxMap.model(of: form.make(), as: .onnx)
    change(&model.graph)
    return try OnnxMap.networks(in: TensorFile.decode(model.encoded()))
  }

  private func set(
    _ graph: inout OnnxGraphProto, _ name: String, _ change: (inout OnnxAttributeProto) -> Void
  ) {
    for place in graph.node.indices where ["RNN", "GRU", "LSTM"].contains(graph.node[place].opType) {
      for index in graph.node[place].attribute.indices where graph.node[place].attribute[index].name == name {
        change(&graph.node[place].attribute[index])
      }
    }
  }

  // MARK: - Writing

  @Test func aProjectionHasNoOperator() throws {
    var weights = NamedTensors()
    for (name, shape) in [("weight_ih_l0", [20, 3]), ("weight_hh_l0", [20, 2]), ("weight_hr_l0", [2, 5])] {
      weights[name] = Tensor(zeros: shape)
    }
    let network = try StoredNetwork(weights: weights, usedTensors: [])
    let error = expectError(.inexpressible) { try OnnxMap.bytes(of: network, as: .onnx) }
    #expect(error?.expected == "an LSTM without projection: ONNX's operator has none")
  }

  @Test func theReverseDirectionHasNoSteps() throws {
    let network = try RandomNetwork(isBidirectional: true).make()
    expectError(.inexpressible) { try OnnxMap.bytes(of: network, as: .onnxStep) }
  }

  @Test func aNumberThatAttributesRoundIsRefusedInFloat64() throws {
    var form = RandomNetwork(kind: .rnn, dtype: .float64)
    form.variant.clip = 0.1
    expectError(.inexpressible) { try OnnxMap.bytes(of: form.make(), as: .onnx) }
    form.variant.clip = 0.25
    #expect(try reread(form) { _ in }[0].variant.clip == 0.25)
  }

  @Test func aNumberBeyondFloat32IsRefused() throws {
    for dtype in [DType.float32, .float64] {
      for clip in [1e300, .infinity] {
        let form = RandomNetwork(kind: .rnn, variant: CellVariant(clip: clip), dtype: dtype)
        expectError(.inexpressible) { try OnnxMap.bytes(of: form.make(), as: .onnx) }
      }
    }
  }

  // MARK: - Reading

  @Test func boundsAndNumbersThatNoCellHasAreRefused() throws {
    var form = RandomNetwork()
    form.variant = CellVariant(activations: [.elu(alpha: 0.5), .tanh, .relu], clip: 3)
    for clip in [-1, .nan, .infinity] as [Float] {
      let error = expectError(.inexpressible) {
        try reread(form) { graph in set(&graph, "clip") { $0.f = clip } }
      }
      #expect(error?.expected == "a finite number from 0 on")
    }
    for alpha in [.nan, -.infinity] as [Float] {
      let error = expectError(.inexpressible) {
        try reread(form) { graph in set(&graph, "activation_alpha") { $0.floats = [alpha] } }
      }
      #expect(error?.expected == "finite numbers alpha and beta")
    }
    for count in [0, 1, 2, 4] {
      expectError(.inexpressible) {
        try reread(form) { graph in
          set(&graph, "activations") { $0.strings = Array(repeating: Data("Tanh".utf8), count: count) }
        }
      }
    }
  }

  @Test func aFunctionOfNaNBehindALinearLayerIsNoHead() throws {
    let form = RandomNetwork(headSize: 2, headActivation: .elu(alpha: 0.5))
    let networks = try reread(form) { graph in
      let elu = graph.node.firstIndex { $0.opType == "Elu" }!
      graph.node[elu].attribute[0].f = .nan
    }
    #expect(networks.count == 1 && networks[0].head == nil)
  }

  @Test func aReverseDirectionAloneIsRefused() throws {
    let error = expectError(.inexpressible) {
      try reread(RandomNetwork()) { graph in
        set(&graph, "direction") { $0.s = Data("reverse".utf8) }
      }
    }
    #expect(error?.found == "direction reverse alone")
  }

  @Test func activationsThatDifferByDirectionAreRefused() throws {
    var form = RandomNetwork(kind: .rnn, isBidirectional: true)
    form.variant.activations = [.relu]
    expectError(.inexpressible) {
      try reread(form) { graph in
        set(&graph, "activations") { $0.strings[1] = Data("Tanh".utf8) }
      }
    }
  }

  @Test func lengthsInTheFileAreRefused() throws {
    expectError(.inexpressible) {
      try reread(RandomNetwork()) { graph in
        graph.initializer[graph.initializer.firstIndex { $0.name == "lengths" }!].name = "sequence_lens"
        let cast = graph.node.firstIndex { $0.opType == "Cast" }!
        graph.node.remove(at: cast)
      }
    }
  }

  @Test func weightsThatDoNotFitAreRefused() throws {
    for (name, dims) in [("lstm_l0.W", [1, 12, 5]), ("lstm_l0.R", [1, 100, 1]), ("lstm_l0.B", [40])] {
      expectError(.misshapenTensor, name) {
        try reread(RandomNetwork()) { graph in
          graph.initializer[graph.initializer.firstIndex { $0.name == name }!].dims = dims.map(Int64.init)
        }
      }
    }
    expectError(.misshapenTensor) {
      try reread(RandomNetwork()) { graph in set(&graph, "hidden_size") { $0.i = 4 } }
    }
  }

  @Test func aGraphWhoseWeightsAreInputsHoldsNoNetwork() throws {
    let networks = try reread(RandomNetwork()) { graph in
      graph.initializer.removeAll { $0.name == "lstm_l0.W" }
    }
    #expect(networks.isEmpty)
  }

  // MARK: - Several networks, and what is no head

  @Test func levelsThatDoNotFeedEachOtherAreNetworksOfTheirOwn() throws {
    let networks = try reread(RandomNetwork(layerCount: 2)) { graph in
      let second = graph.node.lastIndex { $0.opType == "LSTM" }!
      let add = graph.node.firstIndex { $0.opType == "Squeeze" }!
      graph.node[add].opType = "Softmax"
      graph.node[add].input.removeLast()
      #expect(second > add)
    }
    #expect(networks.map(\.name) == ["lstm_l0", "lstm_l1"])
    #expect(networks.map(\.network.inputSize) == [3, 5])
    #expect(!networks[0].usedTensors.contains("lstm_l1.W"))
  }

  @Test func aLinearLayerBeforeAnotherOperatorIsNoHead() throws {
    let form = RandomNetwork(kind: .gru, headSize: 4, headActivation: .relu)
    let networks = try reread(form) { graph in
      graph.node[graph.node.firstIndex { $0.opType == "Relu" }!].opType = "Softmax"
    }
    #expect(networks.count == 1 && networks[0].head == nil)
    #expect(!networks[0].usedTensors.contains("head.weight"))
  }

  /// Initial states ask for the batch's size, which goes back to the table.
  @Test func aTableBeforeTheNetworkIsNoPartOfIt() throws {
    let networks = try reread(RandomNetwork()) { graph in
      var (table, node) = (graph.initializer.first { $0.name == "lstm_l0.W" }!, OnnxNodeProto())
      table.name = "table"
      graph.initializer.append(table)
      (node.opType, node.input, node.output) = ("Gather", ["table", "ids"], ["input"])
      graph.node.insert(node, at: 0)
      graph.input[0].name = "ids"
    }
    #expect(networks.count == 1)
    #expect(!networks[0].usedTensors.contains("table"))
  }

  @Test func aLoopInTheGraphEndsTheSearch() throws {
    let networks = try reread(RandomNetwork(layerCount: 2)) { graph in
      let places = graph.node.indices.filter { graph.node[$0].opType == "LSTM" }
      graph.node[places[0]].input[0] = graph.node[places[1]].output[0]
    }
    #expect(networks.count == 1)
  }

  @Test func thousandsOfOperatorsThatShareWeightsAreRefused() throws {
    let error = expectError(.tooLarge) {
      try reread(RandomNetwork()) { graph in
        let node = graph.node.first { $0.opType == "LSTM" }!
        graph.docString = String(repeating: " ", count: 1 << 21)  // a file of this size may have so many
        for place in 0..<2000 {
          var copy = node
          copy.output = ["y\(place)"]
          graph.node.append(copy)
        }
      }
    }
    #expect(error?.expected == "weights of their own")
  }
}
