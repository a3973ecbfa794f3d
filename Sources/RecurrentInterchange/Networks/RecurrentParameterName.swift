/// A name that PyTorch gives to a weight of a recurrent layer or cell: `weight_ih_l0_reverse`, `bias_hh`; or that is
/// formed like those, for what PyTorch's layers do not have: `weight_peephole_l0`.
struct RecurrentParameterName: Hashable {
  /// What the weight does. In the order in which PyTorch keeps a layer's weights, then what it does not have.
  enum Role: String, CaseIterable {
    /// `[G*H, in]`, from the input.
    case inputWeight = "weight_ih"
    /// `[G*H, H]`, from the last hidden state.
    case hiddenWeight = "weight_hh"
    /// `[G*H]`.
    case inputBias = "bias_ih"
    /// `[G*H]`.
    case hiddenBias = "bias_hh"
    /// `[P, H]`, from the hidden state to its projection.
    case projection = "weight_hr"
    /// `[3H]`, from the cell state to i, f and o.
    case peephole = "weight_peephole"
    /// `[H]`, or `[P]` with a projection: where a sequence starts.
    case initialHidden = "initial_hidden"
    /// `[H]`.
    case initialCell = "initial_cell"

    var isBias: Bool { self == .inputBias || self == .hiddenBias }
  }

  let role: Role
  /// The layer's number; nil in a cell.
  let layer: Int?
  let isReverse: Bool

  init(_ role: Role, layer: Int?, isReverse: Bool = false) {
    self.role = role
    self.layer = layer
    self.isReverse = isReverse
  }

  /// Whether it is the first weight of a network.
  var beginsNetwork: Bool { role == .inputWeight && (layer ?? 0) == 0 && !isReverse }

  /// The name as text.
  var text: String {
    role.rawValue + (layer.map { "_l\($0)" } ?? "") + (isReverse ? "_reverse" : "")
  }

  /// Takes a name apart; nil if it is none of PyTorch's.
  init?(_ text: String) {
    guard let (prefix, name) = Self.split(text), prefix.isEmpty else { return nil }
    self = name
  }

  /// Takes a tensor's name apart into what stands before and the weight's own name; nil if it does not end in one.
  ///
  /// There is one way at most: no weight's name ends in another's.
  static func split(_ text: String) -> (prefix: String, name: RecurrentParameterName)? {
    var rest = text.utf8[...]
    let isReverse = rest.dropEnding("_reverse")
    let layer = rest.dropLayer()
    guard layer != nil || !isReverse, let role = Role.allCases.first(where: { rest.dropEnding($0.rawValue) })
    else { return nil }
    return (String(Substring(rest)), RecurrentParameterName(role, layer: layer, isReverse: isReverse))
  }
}

extension Substring.UTF8View {
  /// Drops an ending, if it is there.
  fileprivate mutating func dropEnding(_ ending: String) -> Bool {
    guard reversed().starts(with: ending.utf8.reversed()) else { return false }
    removeLast(ending.utf8.count)
    return true
  }

  /// Drops the number of a layer, `_l3`; nil if there is none, as PyTorch writes it: without leading zeros.
  fileprivate mutating func dropLayer() -> Int? {
    let digits = reversed().prefix { (0x30...0x39).contains($0) }.count
    guard let layer = Int(Substring(suffix(digits))), dropEnding("_l\(layer)") else { return nil }
    return layer
  }
}
