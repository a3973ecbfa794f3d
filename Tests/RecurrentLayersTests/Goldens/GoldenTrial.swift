import Recurrent
import RecurrentTestSupport
import Testing

/// What a golden of any layer or cell says of its making.
protocol GoldenConfiguration: Decodable, Sendable {
  var kind: String { get }
  var seed: UInt64 { get }
  var dtype: String { get }
}

extension GoldenConfiguration {
  var type: DType { dtype == "float64" ? .float64 : .float32 }
  var nonlinearity: Activation { kind == "rnn-relu" ? .relu : .tanh }
}

/// A layer with what goes into it, as one module: the gradients of parameters, input and states come out by name.
struct GoldenTrial<Layer: Module>: Module {
  var layer: Layer
  var input: Tensor?
  var h0: Tensor?
  var c0: Tensor?

  init(_ layer: Layer, _ golden: Golden<some Any>) {
    self.layer = layer
    input = golden["input"]
    h0 = golden["h0"]
    c0 = golden["c0"]
  }

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    layer.visitParameters(&visitor)
    visitor.visit("input", &input)
    visitor.visit("h0", &h0)
    visitor.visit("c0", &c0)
  }

  /// The state of an LSTM, if one is given.
  var lstmState: LSTMState? {
    if let h0, let c0 { LSTMState(hidden: h0, cell: c0) } else { nil }
  }

  /// The results of `run`, and under `grad.NAME` the gradients of the sum of each result times the golden's `cot.`
  /// tensor.
  func differentiated(
    _ golden: Golden<some Any>, _ run: (GoldenTrial) -> [(String, Tensor)]
  ) -> [String: Tensor] {
    var found: [String: Tensor] = [:]
    let (_, gradients) = valueAndGradients(of: self) { trial in
      let terms = run(trial).compactMap { name, result in
        found[name] = result.detached()
        return golden["cot.\(name)"].map { (result * $0).sum() }
      }
      return terms.dropFirst().reduce(terms[0], +)
    }
    for (name, gradient) in gradients.entries { found["grad.\(name)"] = gradient }
    return found
  }
}

extension Golden {
  /// Checks every result and gradient in `found` against the golden, and that nothing is missing.
  func expectResults(_ found: [String: Tensor]) {
    for name in resultNames {
      let isGradient = name.hasPrefix("grad.")
      expectClose(found[name], to: name, within: isGradient ? .gradients : .results)
    }
  }

  /// The names of PyTorch's results and gradients.
  var resultNames: [String] {
    tensors.names.filter {
      $0.hasPrefix("grad.") || ["output", "h_n", "c_n", "h1", "c1"].contains($0)
    }.sorted()
  }

  /// Checks that the parameters have the bits that the seed gives in PyTorch, and that there are no others.
  func expectInitialParameters(_ parameters: ParameterList) {
    for (name, tensor) in parameters { expectSameBits(tensor, as: name) }
    let names = tensors.names.filter { $0.hasPrefix("weight") || $0.hasPrefix("bias") }
    #expect(Set(parameters.names) == Set(names), "\(name)")
  }
}
