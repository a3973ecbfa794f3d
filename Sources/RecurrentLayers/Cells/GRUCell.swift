public import RecurrentKernels
public import RecurrentTensors

/// The gated recurrent unit, with the reset gate applied after the product or before it.
///
///     r = σ(W_r x + U_r h + b_r)
///     z = σ(W_z x + U_z h + b_z)
///     n = tanh(W_n x + b_in + r (U_n h + b_hn))
///     h' = n + z (h - n)
///
/// Variants, each chosen by its name:
///
///     reset: .beforeProduct    n = tanh(W_n x + b_in + U_n (r h) + b_hn)
///     activations:             other functions in place of σ and of tanh
///     clip:                    every sum is bounded to -clip...clip before its activation
///
/// Weights trained with one placement of the reset do not fit the other.
///
/// Parameters, rows in the order r, z, n: `weight_ih` W `[3H, I]`, `weight_hh` U `[3H, H]`, `bias_ih` and `bias_hh` `[3H]`
/// (b_r and b_z are their sums; b_in and b_hn stay apart, unless the reset comes before the product); with a trainable
/// initial state `initial_hidden` `[H]`.
///
/// PyTorch's counterpart: `torch.nn.GRUCell`, which resets after the product, as does ONNX with `linear_before_reset`. Cho et
/// al., "Learning phrase representations using RNN encoder-decoder", EMNLP (2014), reset before it.
public struct GRUCell: RecurrentCell {
  /// Where the reset gate acts.
  public enum Reset: Sendable, Hashable {
    /// On the product: r (U_n h + b_hn), as in PyTorch.
    case afterProduct
    /// On the hidden state: U_n (r h), as Cho et al. have it; ONNX's default.
    case beforeProduct
  }

  package var weights: CellWeights
  /// How the cell departs from PyTorch's.
  public let variant: CellVariant
  /// Where the reset gate acts.
  public var reset: Reset { variant.resetsBeforeProduct ? .beforeProduct : .afterProduct }

  /// `I`, the size of an input row.
  public var inputSize: Int { weights.inputSize }
  /// `H`, the size of the hidden state.
  public var hiddenSize: Int { weights.hiddenSize }
  /// The size of an output row: `H`.
  public var outputSize: Int { weights.outputSize }

  /// Draws every parameter uniformly from ±1/√H, with PyTorch's bits.
  ///
  /// - Parameters:
  ///   - inputSize: `I`.
  ///   - hiddenSize: `H`.
  ///   - bias: whether there are bias parameters.
  ///   - reset: where the reset gate acts.
  ///   - activations: two: of r and z, and of n; nil for sigmoid and tanh.
  ///   - clip: sums are bounded to -clip...clip; nil for no bounds.
  ///   - trainableInitialState: whether a sequence that is given no state starts from a parameter, zeros at first.
  ///   - dtype: the element type of the parameters, float32 or float64.
  ///   - generator: where weights are drawn from.
  /// - Precondition: sizes are positive; `clip` is not negative; `dtype` is float32 or float64.
  public init(
    inputSize: Int, hiddenSize: Int, bias: Bool = true, reset: Reset = .afterProduct,
    activations: [Activation]? = nil, clip: Double? = nil, trainableInitialState: Bool = false,
    dtype: DType = .float32, generator: Generator = .default
  ) {
    checkSizes("GRUCell", inputSize: inputSize, hiddenSize: hiddenSize, dtype: dtype)
    variant = CellVariant(
      activations: activations, clip: clip, resetsBeforeProduct: reset == .beforeProduct
    ).checked("GRUCell", standard: Self.standardActivations, isGRU: true)
    weights = CellWeights(
      inputSize: inputSize, hiddenSize: hiddenSize, gateCount: 3, bias: bias,
      trainableInitialState: trainableInitialState, dtype: dtype, generator: generator)
  }

  /// The hidden state after one step.
  ///
  /// - Parameters:
  ///   - input: `[N, I]`, or `[I]` without a batch dimension.
  ///   - hidden: `[N, H]` or `[H]`; the initial state if nil.
  /// - Returns: `[N, H]` or `[H]`.
  /// - Complexity: O(N · H · (I + H)).
  public func callAsFunction(_ input: Tensor, _ hidden: Tensor? = nil) -> Tensor {
    singleStep(input, from: hidden)
  }

  /// Zeros, or the trainable initial state for every sequence.
  public func initialState(batchSize: Int) -> Tensor { weights.hiddenRows(batchSize) }

  /// One step made of tensor operations; see ``RecurrentCell/step(_:from:)``.
  public func step(_ input: Tensor, from hidden: Tensor) -> (output: Tensor, state: Tensor) {
    let functions = variant.activations ?? Self.standardActivations
    let gates = variant.activate(weights.preactivation(input, hidden, gates: 0..<2), by: functions[0])
    let r = gates.slice(axis: 1, 0..<hiddenSize)
    let z = gates.slice(axis: 1, hiddenSize..<2 * hiddenSize)
    let n = variant.activate(candidateSum(input, hidden, r), by: functions[1])
    let next = multiplyAdd(z, hidden - n, n)
    return (next, next)
  }

  private func candidateSum(_ input: Tensor, _ hidden: Tensor, _ r: Tensor) -> Tensor {
    guard reset == .afterProduct else { return weights.preactivation(input, r * hidden, gates: 2..<3) }
    let nx = weights.inputPart(input, gates: 2..<3)
    return multiplyAdd(r, weights.hiddenPart(hidden, gates: 2..<3), nx)
  }

  /// PyTorch's: of r and z, and of n.
  static let standardActivations: [Activation] = [.sigmoid, .tanh]

  /// Shows the parameters in PyTorch's order.
  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    weights.visitParameters(&visitor)
  }
}
