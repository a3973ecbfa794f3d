import Recurrent

/// A recurrent layer out of a file, with its head.
struct StoredLayer {
  /// Output and final state of an input, an initial state (nil for the layer's own) and lengths.
  private typealias Call = (Tensor, [Tensor]?, [Int]?) -> (output: Tensor, state: [Tensor])

  private let call: Call
  private let network: RecurrentNetwork
  private let head: StoredNetwork.Head?
  private let batchFirst: Bool

  /// Makes the layer that `network` describes; a cell becomes a layer of one level.
  init(_ network: StoredNetwork, batchFirst: Bool = false) throws {
    self.network = network.network
    self.batchFirst = batchFirst
    head = network.head
    call = try Self.call(of: network, batchFirst: batchFirst)
  }

  private static func call(of network: StoredNetwork, batchFirst: Bool) throws -> Call {
    switch network.network.kind {
    case .rnn:
      let layer = try RNN(network, batchFirst: batchFirst)
      return { input, state, lengths in
        let (output, hidden) = layer(input, initialState: state?[0], lengths: lengths)
        return (output, [hidden])
      }
    case .gru:
      let layer = try GRU(network, batchFirst: batchFirst)
      return { input, state, lengths in
        let (output, hidden) = layer(input, initialState: state?[0], lengths: lengths)
        return (output, [hidden])
      }
    case .lstm:
      let layer = try LSTM(network, batchFirst: batchFirst)
      return { input, state, lengths in
        let initial = state.map { LSTMState(hidden: $0[0], cell: $0[1]) }
        let (output, next) = layer(input, initialState: initial, lengths: lengths)
        return (output, [next.hidden, next.cell])
      }
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

  /// Output and final state, under PyTorch's names. The output is the head's, if there is one.
  func run(_ input: LayerInput, chunk: Int?) -> NamedTensors {
    let axis = batchFirst && input.input.rank == 3 ? 1 : 0
    let steps = input.input.shape[axis]
    var state = input.state
    var outputs: [Tensor] = []
    for start in stride(from: 0, to: steps, by: chunk ?? steps) {
      let range = start..<min(steps, start + (chunk ?? steps))
      let lengths = input.lengths?.map { min(max($0 - range.lowerBound, 0), range.count) }
      let (output, next) = call(input.input.slice(axis: axis, range), state, lengths)
      outputs.append(output)
      state = next
    }
    return result(Tensor.concatenated(outputs, axis: axis), state ?? [])
  }

  /// Output and final state of whole sequences from the network's own initial state.
  func run(_ input: Tensor, lengths: [Int]) -> NamedTensors {
    let (output, state) = call(input, nil, lengths)
    return result(output, state)
  }

  private func result(_ output: Tensor, _ state: [Tensor]) -> NamedTensors {
    var result: NamedTensors = ["output": head?.callAsFunction(output) ?? output]
    for (name, tensor) in zip(["h_n", "c_n"], state) { result[name] = tensor }
    return result
  }
}

extension StoredNetwork.Head {
  /// `activation(x W^T + b)`.
  func callAsFunction(_ x: Tensor) -> Tensor {
    let y = linear(x, weight, bias)
    return activation?.callAsFunction(y) ?? y
  }
}

// MARK: - Warnings

extension StoredNetwork {
  /// What the user should know of the weights.
  func warnings(file: String) -> [String] {
    weights.compactMap { name, tensor in
      let count = TensorStatistics(tensor).nanCount
      guard count > 0 else { return nil }
      return "\(file), \(self.name)\(name): \(count.grouped) of \(tensor.count.grouped) weights are NaN, "
        + "and so will be results"
    }
  }
}
