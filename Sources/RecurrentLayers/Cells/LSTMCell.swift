public import RecurrentKernels
public import RecurrentTensors

/// The long short-term memory cell, optionally with a projection of its output.
///
///     i = σ(W_i x + b_i + U_i h)      g = tanh(W_g x + b_g + U_g h)
///     f = σ(W_f x + b_f + U_f h)      o = σ(W_o x + b_o + U_o h)
///     c' = f c + i g
///     h' = o tanh(c')                 with a projection: h' = W_r (o tanh(c'))
///
/// Variants, each chosen by its name and all of them together if wanted:
///
///     peepholes:               i = σ(W_i x + b_i + U_i h + p_i c),  f = σ(… + p_f c),  o = σ(… + p_o c')
///     couplesInputAndForget:   f = 1 - i, and the rows of f have no effect
///     activations:             other functions in place of σ, of the tanh of g, and of the tanh of c'
///     clip:                    every sum is bounded to -clip...clip before its activation
///
/// Parameters, rows in the order i, f, g, o: `weight_ih` W `[4H, I]`, `weight_hh` U `[4H, H]`, `bias_ih` and `bias_hh`
/// `[4H]` (b is their sum); with a projection `weight_hr` `[P, H]`, and `weight_hh` is `[4H, P]`;
/// with peepholes `weight_peephole` p `[3H]`, rows in the order i, f, o; with a trainable initial state `initial_hidden`
/// `[H]` (`[P]` with a projection) and `initial_cell` `[H]`.
///
/// PyTorch's counterpart: `torch.nn.LSTMCell`, which has no projection and no variants; those are ONNX's. Hochreiter and Schmidhuber, "Long short-term
/// memory", Neural Computation 9 (1997); Gers et al. (2000) for f; Sak et al. (2014) for the projection; Gers and
/// Schmidhuber, "Recurrent nets that time and count", IJCNN (2000), for peepholes; Greff et al., "LSTM: a search space
/// odyssey", IEEE TNNLS 28 (2017), for the coupled gates (CIFG).
public struct LSTMCell: RecurrentCell {
  package var weights: CellWeights
  /// How the cell departs from PyTorch's, beside its peepholes.
  public let variant: CellVariant
  /// Whether gates see the cell state.
  public var hasPeepholes: Bool { weights.peephole != nil }

  /// `I`, the size of an input row.
  public var inputSize: Int { weights.inputSize }
  /// `H`, the size of the cell state.
  public var hiddenSize: Int { weights.hiddenSize }
  /// The size of the hidden state and of an output row: `P` with a projection, else `H`.
  public var outputSize: Int { weights.outputSize }

  /// Draws every parameter uniformly from ±1/√H, with PyTorch's bits.
  ///
  /// - Parameters:
  ///   - inputSize: `I`.
  ///   - hiddenSize: `H`.
  ///   - bias: whether there are bias parameters.
  ///   - projectionSize: the size P that the hidden state is projected to; 0 for none.
  ///   - peepholes: whether the gates see the cell state.
  ///   - couplesInputAndForget: whether f is 1 - i.
  ///   - activations: three: of i, f and o, of g, and of c on its way to the output; nil for sigmoid, tanh and tanh.
  ///   - clip: sums are bounded to -clip...clip; nil for no bounds.
  ///   - trainableInitialState: whether a sequence that is given no state starts from parameters, zeros at first.
  ///   - dtype: the element type of the parameters, float32 or float64.
  ///   - generator: where weights are drawn from.
  /// - Precondition: sizes are positive; `projectionSize` is below `hiddenSize`; `clip` is not negative; `dtype` is float32
  ///   or float64.
  public init(
    inputSize: Int, hiddenSize: Int, bias: Bool = true, projectionSize: Int = 0, peepholes: Bool = false,
    couplesInputAndForget: Bool = false, activations: [Activation]? = nil, clip: Double? = nil,
    trainableInitialState: Bool = false, dtype: DType = .float32, generator: Generator = .default
  ) {
    checkSizes("LSTMCell", inputSize: inputSize, hiddenSize: hiddenSize, dtype: dtype)
    precondition(
      (0..<hiddenSize).contains(projectionSize),
      "LSTMCell: projectionSize is \(projectionSize), expected 0..<\(hiddenSize) (hiddenSize \(hiddenSize))")
    variant = CellVariant(
      activations: activations, clip: clip, couplesInputAndForget: couplesInputAndForget
    ).checked("LSTMCell", standard: Self.standardActivations, isLSTM: true)
    weights = CellWeights(
      inputSize: inputSize, hiddenSize: hiddenSize, gateCount: 4, bias: bias, projectionSize: projectionSize,
      peepholes: peepholes, trainableInitialState: trainableInitialState, dtype: dtype, generator: generator)
  }

  /// The state after one step.
  ///
  /// - Parameters:
  ///   - input: `[N, I]`, or `[I]` without a batch dimension.
  ///   - state: hidden `[N, outputSize]` and cell `[N, H]`, or both without `N`; the initial state if nil.
  /// - Complexity: O(N · H · (I + H)).
  public func callAsFunction(_ input: Tensor, _ state: LSTMState? = nil) -> LSTMState {
    singleStep(input, from: state)
  }

  /// Zeros for both, or the trainable initial state for every sequence.
  public func initialState(batchSize: Int) -> LSTMState {
    LSTMState(hidden: weights.hiddenRows(batchSize), cell: weights.cellRows(batchSize))
  }

  /// One step made of tensor operations; see ``RecurrentCell/step(_:from:)``.
  public func step(_ input: Tensor, from state: LSTMState) -> (output: Tensor, state: LSTMState) {
    let z = weights.preactivation(input, state.hidden, gates: 0..<4)
    let sums = (0..<4).map { z.slice(axis: 1, $0 * hiddenSize..<($0 + 1) * hiddenSize) }
    let functions = variant.activations ?? Self.standardActivations
    let i = variant.activate(seeing(state.cell, sums[0], peephole: 0), by: functions[0])
    let f =
      variant.couplesInputAndForget
      ? 1 - i : variant.activate(seeing(state.cell, sums[1], peephole: 1), by: functions[0])
    let g = variant.activate(sums[2], by: functions[1])
    let cell = multiplyAdd(f, state.cell, i * g)
    let o = variant.activate(seeing(cell, sums[3], peephole: 2), by: functions[0])
    var hidden = o * functions[2](cell)
    if let projection = weights.weightHR { hidden = linear(hidden, projection, nil) }
    return (hidden, LSTMState(hidden: hidden, cell: cell))
  }

  /// `sum + p c` with the peepholes p of one gate, or the sum itself without peepholes.
  private func seeing(_ cell: Tensor, _ sum: Tensor, peephole gate: Int) -> Tensor {
    guard let peephole = weights.peephole else { return sum }
    let rows = peephole[gate * hiddenSize..<(gate + 1) * hiddenSize].broadcast(to: cell.shape)
    return multiplyAdd(rows, cell, sum)
  }

  /// PyTorch's: of i, f and o, of g, and of c.
  static let standardActivations: [Activation] = [.sigmoid, .tanh, .tanh]

  /// Shows the parameters in PyTorch's order, then those that it does not have.
  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    weights.visitParameters(&visitor)
  }
}
