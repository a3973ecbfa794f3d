import Recurrent

/// Two networks beside each other: their weights as cells use them, and what they make of the probe.
struct NetworkComparison {
  /// Each weight; biases that differ one by one are compared as the sum in which cells use them.
  let weights: [ComparedTensor]
  let outputs: ComparedOutputs

  /// Compares two networks of one form.
  ///
  /// - Throws: ``CommandError`` if kind, sizes, levels or directions differ, or one has a head that the other lacks.
  init(_ a: StoredNetwork, _ b: StoredNetwork, named names: (String, String)) throws {
    guard a.form == b.form else {
      throw CommandError(
        .different, "\(names.0) and \(names.1) hold different networks", found: b.title, expected: a.title)
    }
    weights = WeightPairs(a, b).compared
    outputs = ComparedOutputs(try Probe.run(a), try Probe.run(b))
  }

  var all: [ComparedTensor] { weights + outputs.tensors }
}

extension StoredNetwork {
  /// What must be equal before weights can be compared. Biases need not: none are zeros.
  fileprivate var form: [Int] {
    let kind = RecurrentNetwork.Kind.allCases.firstIndex(of: network.kind) ?? 0
    return [
      kind, network.inputSize, network.hiddenSize, network.layerCount, network.directionCount,
      network.projectionSize, head?.weight.shape[0] ?? 0,
    ]
  }
}
