import Recurrent
import Testing

@Suite struct RecurrentNetworkTests {
  /// Weights as PyTorch names and shapes them.
  static func weights(
    gates: Int, input: Int = 5, hidden: Int = 7, layers: Int = 1, directions: Int = 1, bias: Bool = true,
    projection: Int = 0, prefix: String = "", dtype: DType = .float32
  ) -> NamedTensors {
    let output = projection > 0 ? projection : hidden
    var tensors = NamedTensors()
    for layer in 0..<layers {
      for suffix in ["", "_reverse"].prefix(directions) {
        let end = "_l\(layer)\(suffix)"
        func add(_ name: String, _ shape: [Int]) {
          tensors[prefix + name + end] = Tensor(zeros: shape, dtype: dtype)
        }
        add("weight_ih", [gates * hidden, layer == 0 ? input : directions * output])
        add("weight_hh", [gates * hidden, output])
        if bias { for name in ["bias_ih", "bias_hh"] { add(name, [gates * hidden]) } }
        if projection > 0 { add("weight_hr", [projection, hidden]) }
      }
    }
    return tensors
  }

  @Test(arguments: [(RecurrentNetwork.Kind.rnn, 1), (.gru, 3), (.lstm, 4)], [1, 3])
  func everyKindIsToldByItsShapes(kind: (RecurrentNetwork.Kind, Int), layers: Int) throws {
    for directions in 1...2 {
      for bias in [true, false] {
        let tensors = Self.weights(
          gates: kind.1, layers: layers, directions: directions, bias: bias, prefix: "a.")
        let network = try RecurrentNetwork(describing: tensors)
        #expect(network.kind == kind.0 && network.prefix == "a." && !network.isCell)
        #expect(network.inputSize == 5 && network.hiddenSize == 7 && network.layerCount == layers)
        #expect(network.isBidirectional == (directions == 2) && network.hasBias == bias)
        #expect(network.projectionSize == 0 && network.dtype == .float32)
        #expect(network.parameterNames.map { "a." + $0 } == tensors.names)
        #expect(network.parameterCount == tensors.reduce(0) { $0 + $1.tensor.count })
      }
    }
  }

  @Test(arguments: [1, 2, 3, 6]) func projectionsAreRead(projection: Int) throws {
    let tensors = Self.weights(gates: 4, layers: 2, directions: 2, projection: projection, dtype: .float64)
    let network = try RecurrentNetwork(describing: tensors, prefix: "")
    #expect(network.kind == .lstm && network.hiddenSize == 7 && network.projectionSize == projection)
    #expect(network.parameterNames == tensors.names)
    #expect(
      "\(network)"
        == "LSTM: input 5, hidden 7, projection \(projection), 2 layers, bidirectional, bias, float64")
  }

  @Test(arguments: [7, 11]) func projectionsMustBeSmallerThanTheHiddenState(projection: Int) {
    expectError(.misshapenTensor) {
      try RecurrentNetwork(describing: Self.weights(gates: 4, projection: projection))
    }
  }

  @Test func aHiddenSizeOfOneIsToldApart() throws {
    for (kind, gates) in [(RecurrentNetwork.Kind.rnn, 1), (.gru, 3), (.lstm, 4)] {
      #expect(try RecurrentNetwork(describing: Self.weights(gates: gates, input: 1, hidden: 1)).kind == kind)
    }
  }

  @Test func peepholesAndInitialStatesAreRead() throws {
    var tensors = Self.weights(gates: 4, projection: 3)
    tensors["weight_peephole_l0"] = Tensor(zeros: [21])
    tensors["initial_hidden_l0"] = Tensor(zeros: [3])
    tensors["initial_cell_l0"] = Tensor(zeros: [7])
    let network = try RecurrentNetwork(describing: tensors)
    #expect(network.hasPeepholes && network.hasInitialState && network.parameterNames == tensors.names)
    #expect(
      "\(network)"
        == "LSTM: input 5, hidden 7, projection 3, 1 layer, peepholes, initial state, bias, float32")
    for (name, tensor) in tensors where !name.hasPrefix("weight_hr") {
      var changed = tensors
      changed[name] = Tensor(zeros: tensor.shape.map { $0 + 1 })
      expectError(.misshapenTensor, name) { try RecurrentNetwork(describing: changed) }
    }
    tensors["initial_hidden_l0"] = nil
    expectError(.unexpectedTensor) { try RecurrentNetwork(describing: tensors) }
  }

  @Test func whatAKindDoesNotHaveIsRefused() {
    for (name, size) in [("weight_peephole_l0", 21), ("initial_cell_l0", 7)] {
      var tensors = Self.weights(gates: 3)
      tensors["initial_hidden_l0"] = Tensor(zeros: [7])
      tensors[name] = Tensor(zeros: [size])
      expectError(.unexpectedTensor, name) { try RecurrentNetwork(describing: tensors) }
    }
  }

  @Test func cellsAreRead() throws {
    let tensors: NamedTensors = [
      "cell.weight_ih": Tensor(zeros: [6, 3]), "cell.weight_hh": Tensor(zeros: [6, 2]),
      "cell.bias_ih": Tensor(zeros: [6]), "cell.bias_hh": Tensor(zeros: [6]),
    ]
    let network = try RecurrentNetwork(describing: tensors)
    #expect(network.isCell && network.kind == .gru && network.layerCount == 1)
    #expect("\(network)" == "GRU cell at cell.: input 3, hidden 2, bias, float32")
  }

  @Test func otherTensorsBesideTheNetworkDoNotMatter() throws {
    var tensors = Self.weights(gates: 1, prefix: "rnn.")
    for name in ["rnn.scale", "fc.weight", "fc.bias", "rnn.weight_ih_l0x"] { tensors[name] = Tensor([1]) }
    #expect(try RecurrentNetwork(describing: tensors, prefix: "rnn.").layerCount == 1)
  }

  @Test func prefixesAreListed() throws {
    var tensors = Self.weights(gates: 1, layers: 2, prefix: "encoder.")
    for (name, tensor) in Self.weights(gates: 3, prefix: "decoder.rnn.") { tensors[name] = tensor }
    tensors["cell.weight_ih"] = Tensor([1])
    #expect(RecurrentNetwork.prefixes(in: tensors) == ["encoder.", "decoder.rnn.", "cell."])
    let error = expectError(.ambiguousNetwork) { try RecurrentNetwork(describing: tensors) }
    #expect(error?.found.contains("\"encoder.\", \"decoder.rnn.\"") == true)
    let missing = expectError(.noNetwork) { try RecurrentNetwork(describing: tensors, prefix: "lstm.") }
    #expect(missing?.advice.contains("\"encoder.\"") == true)
    #expect(try RecurrentNetwork(describing: tensors, prefix: "decoder.rnn.").kind == .gru)
  }

  @Test func filesWithoutANetworkAreRefused() {
    expectError(.noNetwork) { try RecurrentNetwork(describing: NamedTensors()) }
    expectError(.noNetwork) { try RecurrentNetwork(describing: ["fc.weight": Tensor([1])]) }
  }

  @Test func everyMissingTensorIsNamed() {
    let tensors = Self.weights(gates: 4, layers: 3, directions: 2, projection: 3)
    for name in tensors.names {
      var part = tensors
      part[name] = nil
      // Without one of the weights, what is left may look like another network; it must never pass.
      #expect(throws: FileError.self, "\(name)") { try RecurrentNetwork(describing: part, prefix: "") }
    }
    var part = tensors
    part["weight_hh_l1_reverse"] = nil
    let error = expectError(.missingTensor) { try RecurrentNetwork(describing: part) }
    #expect(error?.place.tensor == "weight_hh_l1_reverse")
  }

  @Test func everyMisshapenTensorIsNamedWithBothShapes() {
    let tensors = Self.weights(gates: 3, layers: 2, directions: 2)
    for (name, tensor) in tensors {
      for shape in [[], [0], [1], tensor.shape + [1], tensor.shape.map { $0 + 1 }] {
        var changed = tensors
        changed[name] = Tensor(zeros: shape)
        expectError(.misshapenTensor, "\(name) \(shape)") { try RecurrentNetwork(describing: changed) }
      }
    }
    var changed = tensors
    changed["weight_hh_l1"] = Tensor(zeros: [21, 8])
    let error = expectError(.misshapenTensor) { try RecurrentNetwork(describing: changed) }
    #expect(error?.found == "[21, 8]" && error?.expected == "[21, 7]")
  }

  @Test func aGapInTheLayersIsAMissingTensor() {
    var tensors = Self.weights(gates: 1, layers: 3)
    for name in tensors.names where name.hasSuffix("l1") { tensors[name] = nil }
    let error = expectError(.missingTensor) { try RecurrentNetwork(describing: tensors) }
    #expect(error?.place.tensor == "weight_ih_l1")
    var far = Self.weights(gates: 1)
    far["weight_ih_l4611686018427387904"] = Tensor([1])
    expectError(.missingTensor) { try RecurrentNetwork(describing: far) }
  }

  @Test func weightsWithoutAPlaceAreRefused() {
    var tensors = Self.weights(gates: 1)
    tensors["weight_ih"] = Tensor([1])
    expectError(.unexpectedTensor) { try RecurrentNetwork(describing: tensors, prefix: "") }
  }

  @Test func mixedAndIntegerTypesAreRefused() {
    var tensors = Self.weights(gates: 1)
    tensors["bias_hh_l0"] = Tensor(zeros: [7], dtype: .float64)
    expectError(.dtype) { try RecurrentNetwork(describing: tensors) }
    expectError(.dtype) { try RecurrentNetwork(describing: Self.weights(gates: 1, dtype: .int64)) }
  }
}
