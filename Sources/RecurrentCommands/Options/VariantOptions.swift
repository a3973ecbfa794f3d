import ArgumentParser
import Recurrent
import RecurrentInterchange

/// What cells compute, as far as PyTorch's and MLX's weights do not tell.
struct VariantOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What an RNN applies, where its file does not tell. (default: tanh)", valueName: "name"))
  var nonlinearity: NonlinearityOption?

  @Option(
    help: ArgumentHelp(
      """
      How the cells depart from PyTorch's, where their file does not tell: reset-before-product (GRU), \
      coupled-input-forget (LSTM), clip=3, activations=hard-sigmoid:0.2:0.5,tanh,tanh. Repeat it for each.
      """, valueName: "fact"))
  var variant: [String] = []

  func validate() throws {
    let wrong = variant.first { fact in
      RecurrentNetwork.Kind.allCases.allSatisfy { CellVariant(spelling: fact, for: $0) == nil }
    }
    guard let wrong else { return }
    throw ValidationError(
      "--variant is \(wrong), expected reset-before-product, coupled-input-forget, clip=NUMBER or "
        + "activations=NAME,... such as activations=sigmoid,tanh,relu.")
  }

  var facts: VariantFacts { VariantFacts(nonlinearity: nonlinearity?.activation, words: variant) }
}

/// What the user says of a network's cells.
struct VariantFacts {
  /// What an RNN applies.
  var nonlinearity: Activation?
  /// As `CellVariant` spells them.
  var words: [String] = []

  /// The options that say so; empty if there are none.
  var options: String {
    ((nonlinearity == nil ? [] : ["--nonlinearity"]) + words.map { "--variant \($0)" }).joined(separator: " ")
  }

  var tellActivations: Bool { nonlinearity != nil || words.contains { $0.hasPrefix("activations=") } }

  /// Adds them to what the file says of a network.
  ///
  /// - Throws: ``CommandError`` if they are about another kind of cell.
  func apply(to network: inout StoredNetwork, file: String) throws {
    let kind = network.network.kind
    if let nonlinearity {
      guard kind == .rnn else {
        throw mismatch("--nonlinearity", file, kind, "an RNN, the only kind that has a choice")
      }
      network.variant.activations = [nonlinearity]
    }
    for word in words where CellVariant(spelling: word, for: kind) == nil {
      throw mismatch("--variant \(word)", file, kind, kind.facts)
    }
    let spelling = ([network.variant.spelling] + words).joined(separator: " ")
    network.variant = CellVariant(spelling: spelling, for: kind) ?? network.variant
  }

  private func mismatch(
    _ option: String, _ file: String, _ kind: RecurrentNetwork.Kind, _ expected: String
  ) -> CommandError {
    CommandError(
      .network, "\(option) with \(file)", found: kind.rawValue.uppercased(), expected: expected,
      advice: "leave the option out")
  }
}

extension RecurrentNetwork.Kind {
  /// What can be said of this kind of cell.
  fileprivate var facts: String {
    switch self {
    case .rnn: "clip=... or one activation"
    case .gru: "reset-before-product, clip=... or two activations (of r and z, of n)"
    case .lstm: "coupled-input-forget, clip=... or three activations (of i, f and o, of g, of c)"
    }
  }
}
