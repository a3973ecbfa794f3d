public import RecurrentKernels
public import RecurrentTensors

/// The long short-term memory cell, optionally with a projection of its output.
///
///     i = σ(W_i x + b_i + U_i h)      g = tanh(W_g x + b_g + U_g h)
///     f = σ(W_f x + b_f + U_f h)      o = σ(W_o x + b_o + U_o h)
///     c' = f c + i g
///     h' = o tanh(c')                 with a projection: h' = W_r (o tanh(c'))
///
/// Parameters, rows in the order i, f, g, o: `weight_ih` W `[4H, I]`, `weight_hh` U `[4H, H]`, `bias_ih` and `bias_hh`
/// `[4H]` (b is their sum); with a projection `weight_hr` `[P, H]`, and `weight_hh` is `[4H, P]`.
///
/// PyTorch's counterpart: `torch.nn.LSTMCell`, which has no projection. Hochreiter and Schmidhuber, "Long short-term
/// memory", Neural Computation 9 (1997); Gers et al. (2000) for f; Sak et al. (2014) for the projection.
public struct LSTMCell: RecurrentCell {
  package var weights: CellWeights

  /// `I`, the size of an input row.
  public var inputSize: Int { weights.inputSize }
  /// `H`, the size of the cell state.
  public var hiddenSize: Int { weights.hiddenSize }
  /// The size of the hidden state and of an output row: `P` with a projection, else `H`.
  public var outputSize: Int { weights.outputSize }

  /// Draws every parameter uniformly from ±1/√H, with PyTorch's bits.
  ///
  /// - Precondition: sizes are positive; `projectionSize` is 0 (none) or below `hiddenSize`; `dtype` is float32 or
  ///   float64.
  public init(
    inputSize: Int, hiddenSize: Int, bias: Bool = true, projectionSize: Int = 0,
    dtype: DType = .float32, generator: Generator = .default
  ) {
    checkSizes("LSTMCell", inputSize: inputSize, hiddenSize: hiddenSize, dtype: dtype)
    precondition(
      (0..<hiddenSize).contains(projectionSize),
      "LSTMCell: projectionSize is \(projectionSize), expected 0..<\(hiddenSize) (hiddenSize \(hiddenSize))")
    weights = CellWeights(
      inputSize: inputSize, hiddenSize: hiddenSize, gateCount: 4, bias: bias,
      projectionSize: projectionSize, dtype: dtype, generator: generator)
  }

  /// The state after one step.
  ///
  /// - Parameters:
  ///   - input: `[N, I]`, or `[I]` without a batch dimension.
  ///   - state: hidden `[N, outputSize]` and cell `[N, H]`, or both without `N`; zeros if nil.
  /// - Complexity: O(N · H · (I + H)).
  public func callAsFunction(_ input: Tensor, _ state: LSTMState? = nil) -> LSTMState {
    singleStep(input, from: state)
  }

  /// Zeros for both.
  public func initialState(batchSize: Int) -> LSTMState {
    LSTMState(
      hidden: weights.zeros(batchSize, outputSize), cell: weights.zeros(batchSize, hiddenSize))
  }

  /// One step made of tensor operations; see ``RecurrentCell/step(_:from:)``.
  public func step(_ input: Tensor, from state: LSTMState) -> (output: Tensor, state: LSTMState) {
    let z = weights.preactivation(input, state.hidden, gates: 0..<4)
    let gates = (0..<4).map { z.slice(axis: 1, $0 * hiddenSize..<($0 + 1) * hiddenSize) }
    let i = sigmoid(gates[0])
    let f = sigmoid(gates[1])
    let g = tanh(gates[2])
    let o = sigmoid(gates[3])
    let cell = f * state.cell + i * g
    var hidden = o * tanh(cell)
    if let projection = weights.weightHR { hidden = linear(hidden, projection, nil) }
    return (hidden, LSTMState(hidden: hidden, cell: cell))
  }

  /// Shows the parameters in PyTorch's order.
  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    weights.visitParameters(&visitor)
  }
}
