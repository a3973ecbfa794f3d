import Recurrent
import RecurrentInterchange
import Testing

@Suite struct PyTorchMapTests {
  @Test func everyNetworkOfAFileIsFoundUnderItsPrefix() throws {
    var tensors: NamedTensors = ["fc.weight": Tensor(zeros: [2, 5]), "scale": Tensor([1])]
    for (prefix, kind) in [("module.encoder.", RecurrentNetwork.Kind.gru), ("", .lstm), ("lstm.0.", .lstm)] {
      for (name, tensor) in SampleNetworks.weights(kind, layers: 2, bidirectional: true) {
        tensors[prefix + name] = tensor
      }
    }
    for (name, shape) in [("weight_ih", [5, 3]), ("weight_hh", [5, 5]), ("bias_ih", [5]), ("bias_hh", [5])] {
      tensors["cell." + name] = Tensor(zeros: shape)
    }
    let file = try NetworkFile(tensors)
    #expect(file.system == .pytorch)
    #expect(file.networks.map(\.name) == ["module.encoder.", "", "lstm.0.", "cell."])
    #expect(file.networks.map(\.network.kind) == [.gru, .lstm, .lstm, .rnn])
    #expect(file.networks.map(\.network.isCell) == [false, false, false, true])
    #expect(file.networks.allSatisfy { $0.head == nil && $0.variant == CellVariant() })
    let used = file.networks.flatMap(\.usedTensors)
    #expect(Set(used).union(["fc.weight", "scale"]) == Set(tensors.names))
    #expect(used.count + 2 == tensors.count)
  }

  /// A small file can hold very many networks: each must cost what it is, not what the file is.
  @Test func theTimeGrowsWithTheNumberOfNetworksOnly() throws {
    let weights = SampleNetworks.weights(.rnn, bias: false)
    var tensors = NamedTensors()
    for index in 0..<5000 {
      for (name, tensor) in weights { tensors["\(index).\(name)"] = tensor }
      tensors.metadata["\(index)"] = ""
    }
    let start = ContinuousClock.now
    #expect(try NetworkFile(tensors).networks.count == 5000)
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test(arguments: [NetworkFormat.safetensors, .npz], RecurrentNetwork.Kind.allCases)
  func networksComeBackBitForBit(format: NetworkFormat, kind: RecurrentNetwork.Kind) throws {
    for (layers, bidirectional, bias) in [(1, false, true), (3, true, false)] {
      let weights = SampleNetworks.weights(kind, layers: layers, bidirectional: bidirectional, bias: bias)
      let network = try StoredNetwork(weights: weights, usedTensors: [])
      #expect(try format.encode(network).losses.isEmpty)
      expectSame(try SampleNetworks.throughFile(network, format), network)
    }
  }

  @Test func aSafetensorsFileSaysWhatWeightsDoNot() throws {
    let variants: [(RecurrentNetwork.Kind, CellVariant)] = [
      (.rnn, CellVariant(activations: [.relu])), (.gru, CellVariant(clip: 0.1, resetsBeforeProduct: true)),
      (
        .lstm,
        CellVariant(
          activations: [.hardSigmoid(alpha: 0.2, beta: 1.0 / 3), .softsign, .elu(alpha: -1e-300)], clip: 3,
          couplesInputAndForget: true)
      ),
    ]
    for (kind, variant) in variants {
      for activation in [nil, Activation.tanh] {
        let head = StoredNetwork.Head(
          weight: Tensor(zeros: [2, 5]), bias: Tensor([1, 2]), activation: activation)
        let network = try StoredNetwork(
          weights: SampleNetworks.weights(kind), variant: variant, head: head, usedTensors: [])
        let copy = try SampleNetworks.throughFile(network, .safetensors)
        expectSame(copy, network)
        #expect(
          copy.name == kind.rawValue + "." && copy.usedTensors.suffix(2) == ["head.weight", "head.bias"])
      }
    }
  }

  @Test func whatNPZCannotSayIsRefused() throws {
    let weights = SampleNetworks.weights(.lstm)
    let clipped = try StoredNetwork(weights: weights, variant: CellVariant(clip: 3), usedTensors: [])
    #expect(
      expectError(.inexpressible) { try NetworkFormat.npz.encode(clipped) }?.found == "cells with clip=3.0")
    let usual = CellVariant(activations: [.sigmoid, .tanh, .tanh])
    #expect(
      try NetworkFormat.npz.encode(StoredNetwork(weights: weights, variant: usual, usedTensors: [])).losses
        == [])
    var head = StoredNetwork.Head(weight: Tensor(zeros: [2, 5]), bias: nil)
    var network = try StoredNetwork(weights: weights, head: head, usedTensors: [])
    #expect(try NetworkFormat.npz.encode(network).losses.count == 1)
    head.activation = .relu
    network.head = head
    expectError(.inexpressible) { try NetworkFormat.npz.encode(network) }
  }

  @Test func marksThatMeanNothingAreRefused() {
    for mark in [
      "clip=-1", "clip=nan", "clip=inf", "clip=1e999", "clip", "reset-before-product", "activations=tanh",
      "activations=tanh,tanh,tanh,tanh", "activations=tanh,tanh,elu:nan",
      "activations=tanh,tanh,affine:1:inf",
      "activations=tanh,tanh,swish",
      "activations=hard-sigmoid:1,tanh,tanh", "activations=hard-sigmoid:1:x,tanh,tanh", "coupled", "clip=",
    ] {
      var tensors = SampleNetworks.weights(.lstm)
      tensors.metadata["recurrent.variant"] = mark
      expectError(.syntax, mark) { try NetworkFile(tensors) }
    }
    var tensors = SampleNetworks.weights(.lstm)
    tensors.metadata["recurrent.head"] = "fc."
    expectError(.missingTensor) { try NetworkFile(tensors) }
    tensors["fc.weight"] = Tensor(zeros: [1, 4])
    expectError(.misshapenTensor) { try NetworkFile(tensors) }
    tensors["fc.weight"] = Tensor(zeros: [1, 5])
    for text in ["swish", "elu:nan", "leaky-relu:-inf", ""] {
      tensors.metadata["recurrent.head-activation"] = text
      expectError(.syntax, text) { try NetworkFile(tensors) }
    }
  }

  @Test func variantsOfOtherCellsAreRefused() {
    for (kind, marks) in [
      (.rnn, ["activations=sigmoid,tanh", "coupled-input-forget", "reset-before-product"]),
      (.gru, ["activations=tanh", "activations=sigmoid,tanh,tanh", "coupled-input-forget"]),
    ] as [(RecurrentNetwork.Kind, [String])] {
      for mark in marks {
        var tensors = SampleNetworks.weights(kind)
        tensors.metadata["recurrent.variant"] = mark
        expectError(.syntax, mark) { try NetworkFile(tensors) }
      }
    }
  }

  @Test func aBoundOfZeroComesBack() throws {
    let weights = SampleNetworks.weights(.gru)
    let network = try StoredNetwork(weights: weights, variant: CellVariant(clip: 0), usedTensors: [])
    expectSame(try SampleNetworks.throughFile(network, .safetensors), network)
  }

  @Test func everyActivationCanBeSpelled() throws {
    let all: [Activation] = [
      .tanh, .sigmoid, .relu, .affine(alpha: 0.1, beta: -2), .leakyRelu(alpha: 0.01),
      .thresholdedRelu(alpha: 1),
      .scaledTanh(alpha: 1.7159, beta: 2.0 / 3), .hardSigmoid(alpha: 0.2, beta: 0.5), .elu(alpha: 1e-30),
      .softsign, .softplus,
    ]
    for activation in all { #expect(Activation(spelling: activation.spelling) == activation) }
    for text in ["", "tanh:1", "affine:1", "elu:inf", "elu:", ":", "Tanh", "affine:1:2:3"] {
      #expect(Activation(spelling: text) == nil, "\(text)")
    }
  }
}
