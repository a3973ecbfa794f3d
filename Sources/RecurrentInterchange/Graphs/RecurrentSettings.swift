import RecurrentLayers

/// What the attributes of ONNX's RNN, GRU and LSTM operators say, proven.
struct RecurrentSettings {
  let kind: RecurrentNetwork.Kind
  /// Whether each direction reads from the end to the beginning.
  let reversals: [Bool]
  /// How each direction's cell departs from PyTorch's.
  let variants: [CellVariant]
  /// Whether the batch is the first axis of what goes in and out (`layout=1`).
  let isBatchFirst: Bool
  /// H, if it is said.
  let hiddenSize: Int?

  private static let known: Set<String> = [
    "activation_alpha", "activation_beta", "activations", "clip", "direction", "hidden_size", "input_forget",
    "layout", "linear_before_reset",
  ]

  init(_ call: GraphCall, _ kind: RecurrentNetwork.Kind) throws {
    let unknown = call.node.attributes.keys.filter { !Self.known.contains($0) }.sorted()
    try call.require(unknown.isEmpty, "attributes \(unknown)", "those of ONNX's \(call.node.operatorName)")
    self.kind = kind
    reversals = try Self.reversals(call)
    isBatchFirst = try call.flag("layout")
    hiddenSize = try call.integer("hidden_size")
    let clip = try call.number("clip")
    try call.require(
      clip.map { $0 >= 0 && $0.isFinite } ?? true, "clip \(clip ?? 0)", "a finite number from 0 on")
    let couples = try kind == .lstm && call.flag("input_forget")
    let resetsAfter = try kind == .gru && call.flag("linear_before_reset")
    let activations = try Self.activations(call, kind, directions: reversals.count)
    variants = activations.map {
      CellVariant(
        activations: $0, clip: clip, couplesInputAndForget: couples,
        resetsBeforeProduct: kind == .gru && !resetsAfter)
    }
  }

  private static func reversals(_ call: GraphCall) throws -> [Bool] {
    switch try call.string("direction") ?? "forward" {
    case "forward": return [false]
    case "reverse": return [true]
    case "bidirectional": return [false, true]
    case let other:
      throw call.error(found: "direction \(other.quoted)", expected: "forward, reverse or bidirectional")
    }
  }

  /// The functions of each direction; α and β go to those that have one, in order.
  private static func activations(
    _ call: GraphCall, _ kind: RecurrentNetwork.Kind, directions: Int
  ) throws -> [[Activation]] {
    let standard = Activation.standardNames(kind)
    let names = try call.strings("activations") ?? (0..<directions).flatMap { _ in standard }
    try call.require(
      names.count == directions * standard.count, "\(names.count) activations",
      "\(standard.count) for each of \(directions) directions")
    var alphas = try call.numbers("activation_alpha")?[...] ?? []
    var betas = try call.numbers("activation_beta")?[...] ?? []
    let all = try names.map { name in
      guard let activation = Activation(onnx: name, &alphas, &betas) else {
        throw call.error(found: "activation \(name.quoted)", expected: Activation.onnxNames)
      }
      try call.require(
        activation.isFinite, "activation \(activation.spelling)", "finite numbers alpha and beta")
      return activation
    }
    return (0..<directions).map { Array(all[$0 * standard.count..<($0 + 1) * standard.count]) }
  }
}

// MARK: - Activations by ONNX's names

extension Activation {
  fileprivate static func standardNames(_ kind: RecurrentNetwork.Kind) -> [String] {
    switch kind {
    case .rnn: ["Tanh"]
    case .gru: ["Sigmoid", "Tanh"]
    case .lstm: ["Sigmoid", "Tanh", "Tanh"]
    }
  }

  fileprivate static let onnxNames =
    "Relu, Tanh, Sigmoid, Affine, LeakyRelu, ThresholdedRelu, HardSigmoid, Elu, Softsign, Softplus, or ScaledTanh with "
    + "its alpha and beta, which have no defaults"

  /// The function of this name, in letters of any case. What is not given is ONNX's default for the operator of that name.
  init?(onnx name: String, _ alphas: inout ArraySlice<Double>, _ betas: inout ArraySlice<Double>) {
    func alpha(_ standard: Float) -> Double { alphas.popFirst() ?? Double(standard) }
    func beta(_ standard: Float) -> Double { betas.popFirst() ?? Double(standard) }
    switch name.lowercased() {
    case "tanh": self = .tanh
    case "sigmoid": self = .sigmoid
    case "relu": self = .relu
    case "softsign": self = .softsign
    case "softplus": self = .softplus
    case "affine": self = .affine(alpha: alpha(1), beta: beta(0))
    case "leakyrelu": self = .leakyRelu(alpha: alpha(0.01))
    case "thresholdedrelu": self = .thresholdedRelu(alpha: alpha(1))
    case "scaledtanh":
      guard let alpha = alphas.popFirst(), let beta = betas.popFirst() else { return nil }
      self = .scaledTanh(alpha: alpha, beta: beta)
    case "hardsigmoid": self = .hardSigmoid(alpha: alpha(0.2), beta: beta(0.5))
    case "elu": self = .elu(alpha: alpha(1))
    default: return nil
    }
  }
}
