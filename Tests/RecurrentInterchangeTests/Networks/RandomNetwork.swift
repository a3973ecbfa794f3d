import Recurrent
import RecurrentInterchange

/// Networks with drawn weights, of given or of drawn forms.
struct RandomNetwork {
  var kind: RecurrentNetwork.Kind = .lstm
  var inputSize = 3
  var hiddenSize = 5
  var layerCount = 1
  var isBidirectional = false
  var hasBias = true
  var hasPeepholes = false
  var hasInitialState = false
  var isCell = false
  var variant = CellVariant()
  var dtype: DType = .float32
  /// The head's size, 0 for no head.
  var headSize = 0
  var headHasBias = true
  var headActivation: Activation?
  var seed: UInt64 = 1

  func make() throws -> StoredNetwork {
    let generator = Generator(seed: seed)
    // As PyTorch draws them: with larger ones, functions without bounds let rounding errors grow with the steps.
    let bound = 1 / Double(hiddenSize).squareRoot()
    func draw(_ shape: Shape) -> Tensor { generator.uniform(shape, from: -bound, to: bound, dtype: dtype) }
    let (rows, directions) = (kind.gateCount * hiddenSize, isBidirectional ? 2 : 1)
    var weights = NamedTensors()
    for level in 0..<layerCount {
      for direction in 0..<directions {
        let ending = isCell ? "" : "_l\(level)" + (direction == 1 ? "_reverse" : "")
        weights["weight_ih" + ending] = draw([rows, level == 0 ? inputSize : directions * hiddenSize])
        weights["weight_hh" + ending] = draw([rows, hiddenSize])
        if hasBias {
          weights["bias_ih" + ending] = draw([rows])
          weights["bias_hh" + ending] = draw([rows])
        }
        if hasPeepholes { weights["weight_peephole" + ending] = draw([3 * hiddenSize]) }
        if hasInitialState {
          weights["initial_hidden" + ending] = draw([hiddenSize])
          if kind == .lstm { weights["initial_cell" + ending] = draw([hiddenSize]) }
        }
      }
    }
    let head = StoredNetwork.Head(
      weight: draw([max(headSize, 1), directions * hiddenSize]),
      bias: headHasBias ? draw([max(headSize, 1)]) : nil, activation: headActivation)
    return try StoredNetwork(
      weights: weights, variant: variant, head: headSize > 0 ? head : nil, usedTensors: weights.names)
  }

}

// MARK: - Forms

extension RandomNetwork {
  /// All functions, with numbers that are no float32s.
  static let activations: [Activation] = [
    .tanh, .sigmoid, .relu, .affine(alpha: 0.7, beta: 0.1), .leakyRelu(alpha: 0.1),
    .thresholdedRelu(alpha: 0.05),
    .scaledTanh(alpha: 0.8, beta: 0.7), .hardSigmoid(alpha: 0.3, beta: 0.4), .elu(alpha: 0.6), .softsign,
    .softplus,
  ]

  /// Those that keep a gate within bounds, without which most states grow beyond all.
  static let gateActivations: [Activation] = [
    .sigmoid, .hardSigmoid(alpha: 0.3, beta: 0.4), .tanh, .softsign, .scaledTanh(alpha: 0.8, beta: 0.7),
  ]

  /// A form that is drawn, and weights.
  init(drawing seed: UInt64) {
    self.init()
    let generator = Generator(seed: 1000 + seed)
    func number(_ range: ClosedRange<Int>) -> Int {
      range.lowerBound + Int(generator.random()) % range.count
    }
    func chance(_ percent: Int) -> Bool { number(0...99) < percent }
    func one(of list: [Activation]) -> Activation { list[number(0...list.count - 1)] }
    self.seed = seed
    kind = RecurrentNetwork.Kind.allCases[Int(seed) % 3]
    (inputSize, hiddenSize, layerCount) = (number(1...7), number(1...19), number(1...3))
    (isBidirectional, hasBias, hasInitialState) = (chance(45), chance(75), chance(30))
    hasPeepholes = kind == .lstm && chance(35)
    if chance(45) {
      variant.activations = kind.usualActivations.enumerated().map { place, _ in
        one(of: place == 0 && kind != .rnn ? Self.gateActivations : Self.activations)
      }
    }
    if chance(30) { variant.clip = Double(number(4...13)) / 10 }
    variant.couplesInputAndForget = kind == .lstm && chance(30)
    variant.resetsBeforeProduct = kind == .gru && chance(40)
    headSize = chance(50) ? number(1...6) : 0
    headHasBias = chance(75)
    headActivation = chance(50) ? one(of: Self.activations) : nil
  }
}

extension StoredNetwork {
  /// What the layer of these weights, and the head, give: `output`, `h_n` and, from an LSTM, `c_n`.
  func run(_ x: Tensor, states: [Tensor]? = nil, lengths: [Int]? = nil) throws -> NamedTensors {
    var result: NamedTensors
    switch network.kind {
    case .lstm:
      let state = states.map { LSTMState(hidden: $0[0], cell: $0[1]) }
      let (output, final) = try LSTM(from: weights, variant: variant)(
        x, initialState: state, lengths: lengths)
      result = ["output": output, "h_n": final.hidden, "c_n": final.cell]
    case .gru:
      let (output, hidden) = try GRU(from: weights, variant: variant)(
        x, initialState: states?[0], lengths: lengths)
      result = ["output": output, "h_n": hidden]
    case .rnn:
      let rnn = try RNN(from: weights, nonlinearity: variant.activations?[0] ?? .tanh, clip: variant.clip)
      let (output, hidden) = rnn(x, initialState: states?[0], lengths: lengths)
      result = ["output": output, "h_n": hidden]
    }
    if let head {
      let y = linear(result["output"]!, head.weight, head.bias)
      result["output"] = head.activation?(y) ?? y
    }
    return result
  }

  /// States that are drawn, `[D*L, N, H]`, under the names of a graph over sequences.
  func drawnStates(batchSize: Int, _ generator: Generator) -> NamedTensors {
    let shape = [network.layerCount * network.directionCount, batchSize, network.hiddenSize]
    var states = NamedTensors()
    for name in ["h0", "c0"].prefix(network.kind == .lstm ? 2 : 1) {
      states[name] = generator.uniform(shape, from: -1, to: 1, dtype: network.dtype)
    }
    return states
  }
}
