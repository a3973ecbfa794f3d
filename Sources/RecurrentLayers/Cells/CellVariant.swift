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
}
