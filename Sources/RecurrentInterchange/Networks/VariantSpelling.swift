package import RecurrentLayers

// Variants and activations as words, the same in files and on the command line.

extension CellVariant {
  /// As words with spaces between them: `reset-before-product`, `coupled-input-forget`, `clip=3.0`,
  /// `activations=hard-sigmoid:0.2:0.5,tanh,tanh`; empty for PyTorch's cell.
  package var spelling: String {
    var words: [String] = []
    if resetsBeforeProduct { words.append("reset-before-product") }
    if couplesInputAndForget { words.append("coupled-input-forget") }
    if let clip { words.append("clip=\(clip)") }
    if let activations { words.append("activations=" + activations.map(\.spelling).joined(separator: ",")) }
    return words.joined(separator: " ")
  }

  /// Reads a spelling; nil if it is none, or no cell of this kind can be made so.
  package init?(spelling: String, for kind: RecurrentNetwork.Kind) {
    self.init()
    for word in spelling.split(separator: " ") {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      switch (parts[0], parts.dropFirst().first) {
      case ("reset-before-product", nil) where kind == .gru: resetsBeforeProduct = true
      case ("coupled-input-forget", nil) where kind == .lstm: couplesInputAndForget = true
      case ("clip", let text?):
        guard let bound = Double(text), bound >= 0, bound.isFinite else { return nil }
        clip = bound
      case ("activations", let text?):
        let list = text.split(separator: ",", omittingEmptySubsequences: false)
        guard list.count == kind.usualActivations.count else { return nil }
        let known = list.compactMap { Activation(spelling: String($0)) }
        guard known.count == list.count else { return nil }
        activations = known
      default: return nil
      }
    }
    self = simplified(for: kind)
  }

  /// The same variant, without activations if they are the usual ones.
  package func simplified(for kind: RecurrentNetwork.Kind) -> CellVariant {
    var variant = self
    if activations == kind.usualActivations { variant.activations = nil }
    return variant
  }
}

extension RecurrentNetwork.Kind {
  /// What PyTorch's cells apply, in the order of ``CellVariant/activations``.
  package var usualActivations: [Activation] {
    switch self {
    case .rnn: [.tanh]
    case .gru: [.sigmoid, .tanh]
    case .lstm: [.sigmoid, .tanh, .tanh]
    }
  }
}

extension Activation {
  /// The name, then α and β: `hard-sigmoid:0.2:0.5`.
  package var spelling: String { ([name] + numbers.map { "\($0)" }).joined(separator: ":") }

  /// Reads a spelling; nil if it is none. Numbers must all be there, and finite.
  package init?(spelling: String) {
    let parts = spelling.split(separator: ":", omittingEmptySubsequences: false)
    let numbers = parts.dropFirst().compactMap { Double($0) }.filter(\.isFinite)
    guard numbers.count == parts.count - 1 else { return nil }
    let alpha = numbers.first ?? 0
    let beta = numbers.last ?? 0
    let candidates: [Activation] = [
      .tanh, .sigmoid, .relu, .affine(alpha: alpha, beta: beta), .leakyRelu(alpha: alpha),
      .thresholdedRelu(alpha: alpha), .scaledTanh(alpha: alpha, beta: beta),
      .hardSigmoid(alpha: alpha, beta: beta), .elu(alpha: alpha), .softsign, .softplus,
    ]
    guard let known = candidates.first(where: { $0.name == parts[0] && $0.numbers.count == numbers.count })
    else { return nil }
    self = known
  }

  /// α and β, as far as the function has them.
  var numbers: [Double] {
    switch self {
    case .tanh, .sigmoid, .relu, .softsign, .softplus: []
    case .leakyRelu(let alpha), .thresholdedRelu(let alpha), .elu(let alpha): [alpha]
    case .affine(let alpha, let beta), .scaledTanh(let alpha, let beta), .hardSigmoid(let alpha, let beta):
      [alpha, beta]
    }
  }

  /// Whether no number of the function is NaN or infinite.
  var isFinite: Bool { numbers.allSatisfy(\.isFinite) }

  private var name: String {
    switch self {
    case .tanh: "tanh"
    case .sigmoid: "sigmoid"
    case .relu: "relu"
    case .affine: "affine"
    case .leakyRelu: "leaky-relu"
    case .thresholdedRelu: "thresholded-relu"
    case .scaledTanh: "scaled-tanh"
    case .hardSigmoid: "hard-sigmoid"
    case .elu: "elu"
    case .softsign: "softsign"
    case .softplus: "softplus"
    }
  }
}
