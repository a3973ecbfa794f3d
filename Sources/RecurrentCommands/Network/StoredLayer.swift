import Recurrent

/// A recurrent layer with the weights of a file.
struct StoredLayer {
  private enum Layer {
    case rnn(RNN)
    case lstm(LSTM)
    case gru(GRU)
  }

  private let layer: Layer
  private let network: RecurrentNetwork
  private let batchFirst: Bool
  /// What the user should know of the weights.
  let warnings: [String]

  /// Makes the layer that `network` describes; a cell becomes a layer of one level.
  ///
  /// - Throws: ``CommandError`` if a nonlinearity is given that the network has no use for.
  init(
    _ network: RecurrentNetwork, _ tensors: NamedTensors, batchFirst: Bool,
    nonlinearity: RNNCell.Nonlinearity?
  ) throws {
    guard nonlinearity == nil || network.kind == .rnn else {
      throw CommandError(
        .network, "--nonlinearity with \(tensors.source)", found: network.kind.rawValue.uppercased(),
        expected: "an RNN, the only kind that has a choice", advice: "leave the option out")
    }
    let weights = network.parameterNames.map { name in
      (network.isCell ? name + "_l0" : name, tensors[network.prefix + name]!)
    }
    self.network = network
    self.batchFirst = batchFirst
    warnings = Self.warnings(weights, file: tensors.source)
    layer = try Self.makeLayer(network, batchFirst, nonlinearity ?? .tanh, ParameterList(weights))
  }

  private static func makeLayer(
    _ network: RecurrentNetwork, _ batchFirst: Bool, _ nonlinearity: RNNCell.Nonlinearity,
    _ weights: ParameterList
  ) throws -> Layer {
    switch network.kind {
    case .rnn:
      var layer = RNN(
        inputSize: network.inputSize, hiddenSize: network.hiddenSize, layerCount: network.layerCount,
        nonlinearity: nonlinearity, bias: network.hasBias, batchFirst: batchFirst,
        bidirectional: network.isBidirectional, dtype: network.dtype)
      try layer.load(weights)
      return .rnn(layer)
    case .lstm:
      var layer = LSTM(
        inputSize: network.inputSize, hiddenSize: network.hiddenSize, layerCount: network.layerCount,
        bias: network.hasBias, batchFirst: batchFirst, bidirectional: network.isBidirectional,
        projectionSize: network.projectionSize, dtype: network.dtype)
      try layer.load(weights)
      return .lstm(layer)
    case .gru:
      var layer = GRU(
        inputSize: network.inputSize, hiddenSize: network.hiddenSize, layerCount: network.layerCount,
        bias: network.hasBias, batchFirst: batchFirst, bidirectional: network.isBidirectional,
        dtype: network.dtype)
      try layer.load(weights)
      return .gru(layer)
    }
  }

  private static func warnings(_ weights: [(String, Tensor)], file: String) -> [String] {
    weights.compactMap { name, tensor in
      let count = TensorStatistics(tensor).nanCount
      return count == 0
        ? nil
        : "\(file), \(name): \(count.grouped) of \(tensor.count.grouped) weights are NaN, and so will be results"
    }
  }
}

// MARK: - Running

extension StoredLayer {
  /// Throws if the sequence cannot be fed in pieces.
  func checkChunking(_ chunk: Int?) throws {
    guard chunk != nil && network.isBidirectional else { return }
    throw CommandError(
      .network, "--chunk with a bidirectional network", found: "\(network)",
      expected: "a network that reads forward only",
      advice: "leave the option out: the reverse direction starts at the sequence's end")
  }

  /// Output and final state, under PyTorch's names.
  func run(_ input: LayerInput, chunk: Int?) -> NamedTensors {
    let axis = batchFirst && input.input.rank == 3 ? 1 : 0
    let steps = input.input.shape[axis]
    var state = input.state
    var outputs: [Tensor] = []
    for start in stride(from: 0, to: steps, by: chunk ?? steps) {
      let range = start..<min(steps, start + (chunk ?? steps))
      let lengths = input.lengths?.map { min(max($0 - range.lowerBound, 0), range.count) }
      let (output, next) = step(input.input.slice(axis: axis, range), state, lengths)
      outputs.append(output)
      state = next
    }
    var result: NamedTensors = ["output": Tensor.concatenated(outputs, axis: axis)]
    for (name, tensor) in zip(["h_n", "c_n"], state ?? []) { result[name] = tensor }
    return result
  }

  private func step(_ input: Tensor, _ state: [Tensor]?, _ lengths: [Int]?) -> (Tensor, [Tensor]) {
    switch layer {
    case .rnn(let layer):
      let (output, hidden) = layer(input, initialState: state?[0], lengths: lengths)
      return (output, [hidden])
    case .gru(let layer):
      let (output, hidden) = layer(input, initialState: state?[0], lengths: lengths)
      return (output, [hidden])
    case .lstm(let layer):
      let initial = state.map { LSTMState(hidden: $0[0], cell: $0[1]) }
      let (output, next) = layer(input, initialState: initial, lengths: lengths)
      return (output, [next.hidden, next.cell])
    }
  }
}
