public import RecurrentKernels
public import RecurrentTensors

/// A layer of gated recurrent units, with the reset gate applied after the product or before it.
///
///     r, z = σ(W x_t + b_ih + U h_(t-1) + b_hh)
///     n = tanh(W x_t + b_ih + r (U h_(t-1) + b_hh))        or n = tanh(W x_t + b_ih + U (r h_(t-1)) + b_hh)
///     h_t = n + z (h_(t-1) - n)
///
/// Parameters, for level k and with the ending `_reverse` for the reverse direction, rows in the order r, z, n:
/// `weight_ih_l{k}` W `[3H, I]` (`[3H, D·H]` above level 0), `weight_hh_l{k}` U `[3H, H]`, `bias_ih_l{k}` and
/// `bias_hh_l{k}` `[3H]`; with a trainable initial state `initial_hidden_l{k}` `[H]`.
///
/// For the equations one by one, their variants and their sources see ``GRUCell``.
///
/// ```swift
/// let gru = GRU(inputSize: 5, hiddenSize: 8)
/// let (output, hidden) = gru(x, lengths: [7, 0, 3])   // x [7, 3, 5]; output [7, 3, 8], hidden [1, 3, 8]
/// ```
///
/// PyTorch's counterpart: `torch.nn.GRU`, with its names, defaults, initial weights and dropout masks.
public struct GRU: Module, Sendable {
  package var layer: RecurrentLayer<GRUCell>

  /// `I`, the size of an input row.
  public var inputSize: Int { layer.inputSize }
  /// `H`, the size of the hidden state.
  public var hiddenSize: Int { layer.cells[0].hiddenSize }
  /// How the cells depart from PyTorch's.
  public var variant: CellVariant { layer.cells[0].variant }
  /// Where the reset gate acts.
  public var reset: GRUCell.Reset { layer.cells[0].reset }
  /// L, the number of levels.
  public var layerCount: Int { layer.layerCount }
  /// The size of an output row: D·H.
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
  ///   - reset: where the reset gate acts: after the product in PyTorch.
  ///   - activations: two: of r and z, and of n; nil for sigmoid and tanh.
  ///   - clip: sums are bounded to -clip...clip before their activations; nil for no bounds.
  ///   - trainableInitialState: whether a sequence that is given no state starts from parameters, zeros at first.
  ///   - dtype: the element type of the parameters, float32 or float64.
  ///   - generator: where weights and dropout masks are drawn from.
  /// - Precondition: sizes are positive; `dropout` is in 0...1; `clip` is not negative.
  public init(
    inputSize: Int, hiddenSize: Int, layerCount: Int = 1, bias: Bool = true, batchFirst: Bool = false,
    dropout: Double = 0, bidirectional: Bool = false, reset: GRUCell.Reset = .afterProduct,
    activations: [Activation]? = nil, clip: Double? = nil, trainableInitialState: Bool = false,
    dtype: DType = .float32, generator: Generator = .default
  ) {
    checkSizes("GRU", inputSize: inputSize, hiddenSize: hiddenSize, dtype: dtype)
    layer = RecurrentLayer(
      "GRU", inputSize: inputSize, layerCount: layerCount, batchFirst: batchFirst, dropout: dropout,
      bidirectional: bidirectional, generator: generator
    ) { width in
      GRUCell(
        inputSize: width, hiddenSize: hiddenSize, bias: bias, reset: reset, activations: activations,
        clip: clip, trainableInitialState: trainableInitialState, dtype: dtype, generator: generator)
    }
  }

  /// Runs the layer over a batch of sequences.
  ///
  /// - Parameters:
  ///   - input: `[T, N, I]`; `[N, T, I]` batch first; `[T, I]` without a batch dimension.
  ///   - initialState: `[D·L, N, H]`, or `[D·L, H]` if unbatched; if nil zeros, or the trainable initial state. Levels and
  ///     directions in the order level 0 forward, level 0 reverse, level 1 forward, … .
  ///   - lengths: the number of real steps of each sequence, in any order, 0 allowed; all `T` if nil. Output after a
  ///     sequence's end is 0, its final state is the one at its own end, and the reverse direction starts there.
  /// - Returns: the last level's hidden states `[T, N, D·H]`, in the layout of the input, forward and
  ///   reverse side by side; and the final state, shaped as the initial one.
  /// - Complexity: O(real steps · L · D · H · (I + H)); memory O(real steps · H), while a derivative is recorded
  ///   O(real steps · L · D · G · H) unless ``checkpointing`` says otherwise.
  public func callAsFunction(
    _ input: Tensor, initialState: Tensor? = nil, lengths: [Int]? = nil
  ) -> (output: Tensor, hidden: Tensor) {
    let (output, hidden) = layer(input, initialState: initialState, lengths: lengths)
    return (output, hidden)
  }

  /// Shows the parameters in PyTorch's order.
  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    layer.visitParameters(&visitor)
  }
}
