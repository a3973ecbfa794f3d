import RecurrentTensors

/// How a cell departs from PyTorch's, as far as its weights do not tell. The default departs in nothing.
///
/// Peepholes and trainable initial states are not here: there are weights for them.
public struct CellVariant: Sendable, Hashable {
  /// What follows the sums; nil for PyTorch's. An RNN has one; a GRU two: of r and z, of n; an LSTM three: of i, f and o,
  /// of g, and of c on its way to the output.
  public var activations: [Activation]?
  /// Sums are kept within -clip...clip before their activations; nil for no bounds.
  public var clip: Double?
  /// LSTM: f is 1 - i, and the rows of f have no effect.
  public var couplesInputAndForget: Bool
  /// GRU: n = tanh(W_n x + b_in + U_n (r h) + b_hn), as Cho et al. have it, in place of PyTorch's r (U_n h + b_hn).
  public var resetsBeforeProduct: Bool

  /// PyTorch's cell, but for what is given.
  public init(
    activations: [Activation]? = nil, clip: Double? = nil, couplesInputAndForget: Bool = false,
    resetsBeforeProduct: Bool = false
  ) {
    self.activations = activations
    self.clip = clip
    self.couplesInputAndForget = couplesInputAndForget
    self.resetsBeforeProduct = resetsBeforeProduct
  }

  /// The same, saying nothing that is PyTorch's cell anyway.
  ///
  /// - Precondition: there are as many activations as the cell has, `clip` is not negative, and what is chosen is this
  ///   cell's.
  func checked(_ name: String, standard: [Activation], isLSTM: Bool = false, isGRU: Bool = false)
    -> CellVariant
  {
    let count = activations?.count ?? standard.count
    precondition(
      count == standard.count,
      "\(name): activations has \(count) elements, expected \(standard.count)")
    precondition(
      clip.map { $0 >= 0 } ?? true, "\(name): clip is \(clip ?? 0), expected at least 0, or nil for no bounds"
    )
    precondition(
      isLSTM || !couplesInputAndForget,
      "\(name): couplesInputAndForget is true, expected that of an LSTM only")
    precondition(
      isGRU || !resetsBeforeProduct, "\(name): resetsBeforeProduct is true, expected that of a GRU only")
    var variant = self
    if activations == standard { variant.activations = nil }
    return variant
  }

  /// What follows the sums of gate `index`: bounds, then the activation.
  func activate(_ sum: Tensor, by activation: Activation) -> Tensor {
    activation(clip.map { sum.bounded(to: $0) } ?? sum)
  }
}
