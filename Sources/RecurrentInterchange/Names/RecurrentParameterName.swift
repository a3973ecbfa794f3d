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

  /// The name as text.
  var text: String {
    role.rawValue + (layer.map { "_l\($0)" } ?? "") + (isReverse ? "_reverse" : "")
  }

  /// Takes a name apart; nil if it is none of PyTorch's.
  init?(_ text: String) {
    guard let role = Role.allCases.first(where: { text.hasPrefix($0.rawValue) }) else { return nil }
    let suffix = text.dropFirst(role.rawValue.count)
    if suffix.isEmpty {
      self.init(role, layer: nil)
    } else {
      let isReverse = suffix.hasSuffix("_reverse")
      let digits = suffix.dropFirst(2).dropLast(isReverse ? 8 : 0)
      guard let layer = Int(digits) else { return nil }
      self.init(role, layer: layer, isReverse: isReverse)
    }
    // Leading zeros, signs and the like read as numbers, but are not how PyTorch writes them.
    if self.text != text { return nil }
  }
}
