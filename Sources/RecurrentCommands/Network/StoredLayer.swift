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
    nonlinearity: Activation?
  ) throws {
    guard nonlinearity == nil || network.kind == .rnn else {
      throw CommandError(
        .network, "--nonlinearity with \(tensors.source)", found: network.kind.rawValue.uppercased(),
        expected: "an RNN, the only kind that has a choice", advice: "leave the option out")
    }
    self.network = network
    self.batchFirst = batchFirst
    warnings = Self.warnings(network, tensors)
    let prefix = network.prefix
    switch network.kind {
    case .rnn:
      layer = .rnn(
        try RNN(from: tensors, prefix: prefix, nonlinearity: nonlinearity ?? .tanh, batchFirst: batchFirst))
    case .lstm: layer = .lstm(try LSTM(from: tensors, prefix: prefix, batchFirst: batchFirst))
    case .gru: layer = .gru(try GRU(from: tensors, prefix: prefix, batchFirst: batchFirst))
    }
  }

  private static func warnings(_ network: RecurrentNetwork, _ tensors: NamedTensors) -> [String] {
    network.parameterNames.compactMap { name in
      guard let tensor = tensors[network.prefix + name] else { return nil }
      let count = TensorStatistics(tensor).nanCount
      guard count > 0 else { return nil }
      return
        "\(tensors.source), \(network.prefix)\(name): \(count.grouped) of \(tensor.count.grouped) weights are NaN, "
        + "and so will be results"
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
