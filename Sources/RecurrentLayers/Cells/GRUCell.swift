public import RecurrentKernels
public import RecurrentTensors

/// The gated recurrent unit, with the reset gate applied after the product.
///
///     r = σ(W_r x + U_r h + b_r)
///     z = σ(W_z x + U_z h + b_z)
///     n = tanh(W_n x + b_in + r (U_n h + b_hn))
///     h' = n + z (h - n)
///
/// Parameters, rows in the order r, z, n: `weight_ih` W `[3H, I]`, `weight_hh` U `[3H, H]`, `bias_ih` and `bias_hh` `[3H]`
/// (b_r and b_z are their sums; b_in and b_hn stay apart).
///
/// PyTorch's counterpart: `torch.nn.GRUCell`. Cho et al., "Learning phrase representations using RNN encoder-decoder",
/// EMNLP (2014), where the reset gate is applied before the product.
public struct GRUCell: RecurrentCell {
  package var weights: CellWeights

  /// `I`, the size of an input row.
  public var inputSize: Int { weights.inputSize }
  /// `H`, the size of the hidden state.
  public var hiddenSize: Int { weights.hiddenSize }
  /// The size of an output row: `H`.
  public var outputSize: Int { weights.outputSize }

  /// Draws every parameter uniformly from ±1/√H, with PyTorch's bits.
  ///
  /// - Precondition: sizes are positive; `dtype` is float32 or float64.
  public init(
    inputSize: Int, hiddenSize: Int, bias: Bool = true, dtype: DType = .float32,
    generator: Generator = .default
  ) {
    checkSizes("GRUCell", inputSize: inputSize, hiddenSize: hiddenSize, dtype: dtype)
    weights = CellWeights(
      inputSize: inputSize, hiddenSize: hiddenSize, gateCount: 3, bias: bias, dtype: dtype,
      generator: generator)
  }

  /// The hidden state after one step.
  ///
  /// - Parameters:
  ///   - input: `[N, I]`, or `[I]` without a batch dimension.
  ///   - hidden: `[N, H]` or `[H]`; zeros if nil.
  /// - Returns: `[N, H]` or `[H]`.
  /// - Complexity: O(N · H · (I + H)).
  public func callAsFunction(_ input: Tensor, _ hidden: Tensor? = nil) -> Tensor {
    singleStep(input, from: hidden)
  }

  /// Zeros.
  public func initialState(batchSize: Int) -> Tensor { weights.zeros(batchSize, hiddenSize) }

  /// One step made of tensor operations; see ``RecurrentCell/step(_:from:)``.
  public func step(_ input: Tensor, from hidden: Tensor) -> (output: Tensor, state: Tensor) {
    let gates = sigmoid(weights.preactivation(input, hidden, gates: 0..<2))
    let r = gates.slice(axis: 1, 0..<hiddenSize)
    let z = gates.slice(axis: 1, hiddenSize..<2 * hiddenSize)
    let nx = weights.inputPart(input, gates: 2..<3)
    let nh = weights.hiddenPart(hidden, gates: 2..<3)
    let n = tanh(r * nh + nx)
    let next = z * (hidden - n) + n
    return (next, next)
  }

  /// Shows the parameters in PyTorch's order.
  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    weights.visitParameters(&visitor)
  }
}
