import Recurrent

/// Two networks beside each other: their weights as cells use them, and what they make of the probe.
struct NetworkComparison {
  struct Row {
    let name: String
    let shape: Shape
    let difference: TensorDifference

    init(_ name: String, _ a: Tensor, _ b: Tensor) {
      self.name = name
      shape = a.shape
      difference = TensorDifference(a, b)
    }
  }

  /// A row for each weight; biases that differ one by one are compared as the sum in which cells use them.
  let weights: [Row]
  /// Output and final states.
  let outputs: [Row]
  /// The largest magnitude among the outputs of the first network, at least 1.
  let scale: Double

  /// Compares two networks of one form.
  ///
  /// - Throws: ``CommandError`` if kind, sizes, levels or directions differ, or one has a head that the other lacks.
  init(_ a: StoredNetwork, _ b: StoredNetwork, named names: (String, String)) throws {
    try Self.checkForm(a, b, names)
    weights = WeightPairs(a, b).rows
    let (first, second) = (try Probe.run(a), try Probe.run(b))
    outputs = first.map { Row($0.name, $0.tensor, second[$0.name] ?? $0.tensor) }
    let numbers = first["output"]?.asType(.float64).scalars(as: Double.self) ?? []
    scale = numbers.reduce(1) { $1.isFinite ? max($0, abs($1)) : $0 }
  }

  private static func checkForm(_ a: StoredNetwork, _ b: StoredNetwork, _ names: (String, String)) throws {
    let isSame = a.form == b.form
    guard !isSame else { return }
    throw CommandError(
      .different, "\(names.0) and \(names.1) hold different networks", found: b.title, expected: a.title)
  }

  /// The row whose elements are the most ulps apart.
  var worst: Row? { (weights + outputs).max { $0.difference.ulps < $1.difference.ulps } }
  var weightULPs: UInt64 { weights.map(\.difference.ulps).max() ?? 0 }
  var outputULPs: UInt64 { outputs.map(\.difference.ulps).max() ?? 0 }
  /// The largest absolute difference of outputs.
  var outputDifference: Double { outputs.map(\.difference.absolute).max() ?? 0 }
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
