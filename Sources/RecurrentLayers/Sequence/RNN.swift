public import RecurrentKernels
public import RecurrentTensors

/// A simple recurrent layer, Elman's.
///
///     h_t = tanh(W x_t + b_ih + U h_(t-1) + b_hh)        or another activation in place of tanh
///
/// Parameters, for level k and with the ending `_reverse` for the reverse direction: `weight_ih_l{k}` W `[H, I]`
/// (`[H, D·H]` above level 0), `weight_hh_l{k}` U `[H, H]`, `bias_ih_l{k}` and `bias_hh_l{k}` `[H]`.
/// With a trainable initial state also `initial_hidden_l{k}` `[H]`.
///
/// For sources and variants see ``RNNCell``.
///
/// ```swift
/// manualSeed(1)
/// let rnn = RNN(inputSize: 5, hiddenSize: 2, batchFirst: true)
/// let (output, hidden) = rnn(x)                  // x [N, T, 5]; output [N, T, 2], hidden [1, N, 2]
/// ```
///
/// PyTorch's counterpart: `torch.nn.RNN`, with its names, defaults, initial weights and dropout masks.
public struct RNN: Module, Sendable {
  package var layer: RecurrentLayer<RNNCell>

  /// `I`, the size of an input row.
  public var inputSize: Int { layer.inputSize }
  /// `H`, the size of the hidden state.
  public var hiddenSize: Int { layer.cells[0].hiddenSize }
  /// What makes a sum the hidden state.
  public var nonlinearity: Activation { layer.cells[0].nonlinearity }
  /// How the cells depart from PyTorch's.
  public var variant: CellVariant { layer.cells[0].variant }
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
  ///   - nonlinearity: what makes a sum the hidden state: `tanh` or `relu` in PyTorch.
  ///   - bias: whether there are bias parameters.
  ///   - batchFirst: whether batched input is `[N, T, I]`; states never are batch first.
  ///   - dropout: the probability of dropping an element of the output of every level but the last, while
  ///     training. With one level it has no effect (PyTorch warns).
  ///   - bidirectional: whether each level reads in both directions.
  ///   - clip: sums are bounded to -clip...clip before their activations; nil for no bounds.
  ///   - trainableInitialState: whether a sequence that is given no state starts from parameters, zeros at first.
  ///   - dtype: the element type of the parameters, float32 or float64.
  ///   - generator: where weights and dropout masks are drawn from.
  /// - Precondition: sizes are positive; `dropout` is in 0...1; `clip` is not negative.
  public init(
    inputSize: Int, hiddenSize: Int, layerCount: Int = 1, nonlinearity: Activation = .tanh,
    bias: Bool = true, batchFirst: Bool = false,
    dropout: Double = 0, bidirectional: Bool = false, clip: Double? = nil,
    trainableInitialState: Bool = false, dtype: DType = .float32, generator: Generator = .default
  ) {
    checkSizes("RNN", inputSize: inputSize, hiddenSize: hiddenSize, dtype: dtype)
    layer = RecurrentLayer(
      "RNN", inputSize: inputSize, layerCount: layerCount, batchFirst: batchFirst, dropout: dropout,
      bidirectional: bidirectional, generator: generator
    ) { width in
      RNNCell(
        inputSize: width, hiddenSize: hiddenSize, nonlinearity: nonlinearity, bias: bias, clip: clip,
        trainableInitialState: trainableInitialState, dtype: dtype, generator: generator)
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
