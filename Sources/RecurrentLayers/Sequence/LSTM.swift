public import RecurrentKernels
public import RecurrentTensors

/// A long short-term memory layer.
///
///     i, f, o = σ(W x_t + b_ih + U h_(t-1) + b_hh)        g = tanh(W x_t + b_ih + U h_(t-1) + b_hh)
///     c_t = f c_(t-1) + i g
///     h_t = o tanh(c_t)                                    with a projection: h_t = W_hr (o tanh(c_t))
///
/// Parameters, for level k and with the ending `_reverse` for the reverse direction, rows in the order i, f, g, o:
/// `weight_ih_l{k}` W `[4H, I]` (`[4H, D·outputSize]` above level 0), `weight_hh_l{k}` U `[4H, H]`, `bias_ih_l{k}` and
/// `bias_hh_l{k}` `[4H]`; with a projection to P `weight_hr_l{k}` `[P, H]`, and U is `[4H, P]`.
/// With peepholes also `weight_peephole_l{k}` `[3H]`, with a trainable initial state `initial_hidden_l{k}` `[H or P]` and
/// `initial_cell_l{k}` `[H]`.
///
/// For the equations one by one, their variants and their sources see ``LSTMCell``.
///
/// ```swift
/// let lstm = LSTM(inputSize: 5, hiddenSize: 8, layerCount: 2, bidirectional: true)
/// let (output, state) = lstm(x)                  // x [T, N, 5]; output [T, N, 16]
/// state.hidden                                   // [4, N, 8], as state.cell
/// ```
///
/// PyTorch's counterpart: `torch.nn.LSTM`, with its names, defaults, initial weights and dropout masks.
public struct LSTM: Module, Sendable {
  package var layer: RecurrentLayer<LSTMCell>

  /// `I`, the size of an input row.
  public var inputSize: Int { layer.inputSize }
  /// `H`, the size of the cell state.
  public var hiddenSize: Int { layer.cells[0].hiddenSize }
  /// `P`, the size of the projected hidden state, or 0 without a projection.
  public var projectionSize: Int { layer.cells[0].weights.weightHR?.shape[0] ?? 0 }
  /// How the cells depart from PyTorch's, beside their peepholes.
  public var variant: CellVariant { layer.cells[0].variant }
  /// Whether gates see the cell state.
  public var hasPeepholes: Bool { layer.cells[0].hasPeepholes }
  /// L, the number of levels.
  public var layerCount: Int { layer.layerCount }
  /// The size of an output row: D·P with a projection, else D·H.
  public var outputSize: Int { layer.outputSize }
  /// Whether batched input is `[N, T, I]` instead of `[T, N, I]`.
  public var batchFirst: Bool { layer.batchFirst }
  /// Whether each level reads in both directions.
  public var isBidirectional: Bool { layer.isBidirectional }
  /// The probability of dropping an element between levels while training.
  public var dropout: Double { layer.dropout.probability }
  /// How much is kept of a sequence for its derivative: everything at first. It changes no bit.
  public var checkpointing: Checkpointing {
    get { layer.checkpointing }
    set { layer.checkpointing = newValue }
  }

  /// Draws every parameter uniformly from ±1/√H, with PyTorch's bits.
  ///
  /// - Parameters:
  ///   - inputSize: `I`.
  ///   - hiddenSize: `H`.
  ///   - layerCount: L, the number of levels.
  ///   - bias: whether there are bias parameters.
  ///   - batchFirst: whether batched input is `[N, T, I]`; states never are batch first.
  ///   - dropout: the probability of dropping an element of the output of every level but the last, while
  ///     training. With one level it has no effect (PyTorch warns).
  ///   - bidirectional: whether each level reads in both directions.
  ///   - projectionSize: the size P that the hidden state is projected to; 0 for none.
  ///   - peepholes: whether the gates see the cell state.
  ///   - couplesInputAndForget: whether f is 1 - i.
  ///   - activations: three: of i, f and o, of g, and of c on its way to the output; nil for sigmoid, tanh and tanh.
  ///   - clip: sums are bounded to -clip...clip before their activations; nil for no bounds.
  ///   - trainableInitialState: whether a sequence that is given no state starts from parameters, zeros at first.
  ///   - dtype: the element type of the parameters, float32 or float64.
  ///   - generator: where weights and dropout masks are drawn from.
  /// - Precondition: sizes are positive; `projectionSize` is below `hiddenSize`; `dropout` is in 0...1; `clip` is not
  ///   negative.
  public init(
    inputSize: Int, hiddenSize: Int, layerCount: Int = 1, bias: Bool = true, batchFirst: Bool = false,
    dropout: Double = 0, bidirectional: Bool = false, projectionSize: Int = 0, peepholes: Bool = false,
    couplesInputAndForget: Bool = false, activations: [Activation]? = nil, clip: Double? = nil,
    trainableInitialState: Bool = false, dtype: DType = .float32, generator: Generator = .default
  ) {
    checkSizes("LSTM", inputSize: inputSize, hiddenSize: hiddenSize, dtype: dtype)
    precondition(
      (0..<hiddenSize).contains(projectionSize),
      "LSTM: projectionSize is \(projectionSize), expected 0..<\(hiddenSize) (hiddenSize \(hiddenSize))")
    layer = RecurrentLayer(
      "LSTM", inputSize: inputSize, layerCount: layerCount, batchFirst: batchFirst, dropout: dropout,
      bidirectional: bidirectional, generator: generator
    ) { width in
      LSTMCell(
        inputSize: width, hiddenSize: hiddenSize, bias: bias, projectionSize: projectionSize,
        peepholes: peepholes, couplesInputAndForget: couplesInputAndForget, activations: activations,
        clip: clip, trainableInitialState: trainableInitialState, dtype: dtype, generator: generator)
    }
  }

  /// Runs the layer over a batch of sequences.
  ///
  /// - Parameters:
  ///   - input: `[T, N, I]`; `[N, T, I]` batch first; `[T, I]` without a batch dimension.
  ///   - initialState: hidden `[D·L, N, P or H]` and cell `[D·L, N, H]`, without `N` if unbatched; if nil
  ///     zeros, or the trainable initial state. Levels and
  ///     directions in the order level 0 forward, level 0 reverse, level 1 forward, … .
  ///   - lengths: the number of real steps of each sequence, in any order, 0 allowed; all `T` if nil. Output after a
  ///     sequence's end is 0, its final state is the one at its own end, and the reverse direction starts there.
  /// - Returns: the last level's hidden states `[T, N, D·(P or H)]`, in the layout of the input, forward and
  ///   reverse side by side; and the final state, shaped as the initial one.
  /// - Complexity: O(real steps · L · D · H · (I + H)); memory O(real steps · H), while a derivative is recorded
  ///   O(real steps · L · D · G · H) unless ``checkpointing`` says otherwise.
  public func callAsFunction(
    _ input: Tensor, initialState: LSTMState? = nil, lengths: [Int]? = nil
  ) -> (output: Tensor, state: LSTMState) {
    let (output, state) = layer(input, initialState: initialState, lengths: lengths)
    return (output, state)
  }

  /// Shows the parameters in PyTorch's order.
  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    layer.visitParameters(&visitor)
  }
}
