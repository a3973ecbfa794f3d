import Recurrent
import RecurrentInterchange

/// A network that was written and read again, proven to be the one that was meant.
struct ReadBack {
  private let comparison: NetworkComparison
  private let graph: GraphProof?
  private let losses: [String]
  /// What the file does not tell of the network, for whoever reads it.
  let notes: [String]

  /// Reads the file at `path` and compares.
  ///
  /// - Throws: `FileError` if it cannot be read; ``CommandError`` if it holds another network.
  init(_ path: String, of original: ChosenNetwork, losses: [String]) throws {
    self.losses = losses
    let file = try NetworkFile(reading: path)
    guard let first = file.networks.first, file.networks.count == 1 else {
      throw CommandError(
        .different, "what was written cannot be read again", found: file.networks.count.counting("network"),
        expected: original.description)
    }
    var notes: [String] = []
    let copy = try Self.completed(first, file, original.network, &notes)
    self.notes = notes
    comparison = try NetworkComparison(original.network, copy, named: (original.file, "what was written"))
    graph = try GraphProof(at: path, of: original)
    try check(original)
  }

  /// The network with what the file does not tell, which is noted.
  private static func completed(
    _ network: StoredNetwork, _ file: NetworkFile, _ original: StoredNetwork, _ notes: inout [String]
  ) throws -> StoredNetwork {
    var copy = network
    let (found, meant) = (copy.variant, original.variant.simplified(for: original.network.kind))
    if file.system?.tellsVariant == false && found.simplified(for: copy.network.kind) != meant {
      copy.variant = meant
      notes.append("the file does not tell: \(meant.spelling.isEmpty ? "PyTorch's cells" : meant.spelling)")
    }
    guard original.head != nil && copy.head == nil && file.tensors["head.weight"] != nil else { return copy }
    copy = try copy.withHead(from: file.tensors, prefix: "head.")
    copy.head?.activation = original.head?.activation
    notes.append("the file does not tell that its head stands behind the network: say --head head.")
    return copy
  }

  private func check(_ original: ChosenNetwork) throws {
    let isExact = comparison.all.ulps == 0
    let isWithinLoss = comparison.weights.ulps <= 1 && comparison.outputs.isWithinTolerance
    guard let worst = comparison.all.worst, !(losses.isEmpty ? isExact : isWithinLoss) else { return }
    throw CommandError(
      .different, "what was written is not \(original.file)", found: "\(worst.name) \(worst.difference.text)",
      expected: losses.isEmpty
        ? "no difference" : "outputs within \(ComparedOutputs.tolerance) of the largest",
      advice: "please report this, with the file")
  }

  /// What was proven, a line each.
  var lines: [String] {
    [
      "read again, and run beside the original on \(Probe.description)",
      "weights \(comparison.weights.ulps.ulpText) apart, outputs and states \(comparison.outputs.text)",
    ] + (graph.map { [$0.line] } ?? [])
  }
}
