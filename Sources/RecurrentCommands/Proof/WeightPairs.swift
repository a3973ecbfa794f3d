import Recurrent

/// The weights of two networks of one form, side by side.
struct WeightPairs {
  private let a, b: StoredNetwork
  private let aWeights, bWeights: NamedTensors

  init(_ a: StoredNetwork, _ b: StoredNetwork) {
    (self.a, self.b) = (a, b)
    (aWeights, bWeights) = (a.layerWeights, b.layerWeights)
  }

  /// Each weight that either has, in order, and the heads'.
  var compared: [ComparedTensor] {
    let names = aWeights.names + bWeights.names.filter { aWeights[$0] == nil }
    return names.flatMap(compared) + heads
  }

  private func compared(_ name: String) -> [ComparedTensor] {
    if name.hasPrefix("bias_hh") { return [] }
    guard name.hasPrefix("bias_ih") else { return [pair(name)] }
    return biases(name, "bias_hh" + name.dropFirst("bias_ih".count))
  }

  private func pair(_ name: String) -> ComparedTensor {
    .init(name, tensor(name, of: aWeights), tensor(name, of: bWeights))
  }

  /// A weight; one that a network lacks acts as zeros.
  private func tensor(_ name: String, of weights: NamedTensors) -> Tensor {
    if let tensor = weights[name] { return tensor }
    let rows = a.network.kind.gateCount * a.network.hiddenSize
    let shape = aWeights[name]?.shape ?? bWeights[name]?.shape ?? [rows]
    return Tensor(zeros: shape, dtype: weights.first?.tensor.dtype ?? .float32)
  }

  // MARK: - Biases

  /// The two biases if they are equal one by one; else what cells start their sums from, b_ih + b_hh. In PyTorch's GRU
  /// those of n stay apart, as the reset gate stands between them.
  private func biases(_ input: String, _ hidden: String) -> [ComparedTensor] {
    let apart = [pair(input), pair(hidden)]
    if apart.ulps == 0 { return apart }
    let size = a.network.hiddenSize
    guard a.network.kind == .gru && !a.variant.resetsBeforeProduct else { return [sum(input, hidden, nil)] }
    let (gates, candidate) = (0..<2 * size, 2 * size..<3 * size)
    return [sum(input, hidden, gates)]
      + [input, hidden].map { name in
        .init("\(name), n", tensor(name, of: aWeights)[candidate], tensor(name, of: bWeights)[candidate])
      }
  }

  private func sum(_ input: String, _ hidden: String, _ rows: Range<Int>?) -> ComparedTensor {
    func sum(_ weights: NamedTensors) -> Tensor {
      let sum = tensor(input, of: weights) + tensor(hidden, of: weights)
      return rows.map { sum[$0] } ?? sum
    }
    return .init("\(input) + \(hidden)" + (rows == nil ? "" : ", r z"), sum(aWeights), sum(bWeights))
  }

  private var heads: [ComparedTensor] {
    guard let first = a.head, let second = b.head else { return [] }
    func bias(_ head: StoredNetwork.Head) -> Tensor {
      head.bias ?? Tensor(zeros: [head.weight.shape[0]], dtype: head.weight.dtype)
    }
    return [.init("head weight", first.weight, second.weight), .init("head bias", bias(first), bias(second))]
  }
}

extension StoredNetwork {
  /// The weights under a layer's names: those of a cell are a layer's of one level.
  fileprivate var layerWeights: NamedTensors {
    guard network.isCell else { return weights }
    var result = NamedTensors()
    for (name, tensor) in weights { result[name + "_l0"] = tensor }
    return result
  }
}
