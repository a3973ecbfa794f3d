public import RecurrentKernels
public import RecurrentTensors

/// The simple recurrent cell of Elman.
///
///     h' = tanh(W x + b_ih + U h + b_hh)        or another activation in place of tanh
///
/// Parameters: `weight_ih` W `[H, I]`, `weight_hh` U `[H, H]`, `bias_ih` and `bias_hh` `[H]`; with a trainable initial
/// state `initial_hidden` `[H]`. With `clip`, sums are bounded to -clip...clip before the activation.
///
/// PyTorch's counterpart: `torch.nn.RNNCell`, which has tanh and relu. Elman, "Finding structure in time", Cognitive Science 14 (1990).
public struct RNNCell: RecurrentCell {
  package var weights: CellWeights
  /// How the cell departs from PyTorch's.
  public let variant: CellVariant

  /// What makes a sum the hidden state.
  public var nonlinearity: Activation { variant.activations?[0] ?? .tanh }

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
  ///   - nonlinearity: what makes a sum the hidden state.
  ///   - bias: whether there are bias parameters.
  ///   - clip: sums are bounded to -clip...clip; nil for no bounds.
  ///   - trainableInitialState: whether a sequence that is given no state starts from a parameter, zeros at first.
  ///   - dtype: the element type of the parameters, float32 or float64.
  ///   - generator: where weights are drawn from.
  /// - Precondition: sizes are positive; `clip` is not negative; `dtype` is float32 or float64.
  public init(
    inputSize: Int, hiddenSize: Int, nonlinearity: Activation = .tanh, bias: Bool = true,
    clip: Double? = nil, trainableInitialState: Bool = false, dtype: DType = .float32,
    generator: Generator = .default
  ) {
    checkSizes("RNNCell", inputSize: inputSize, hiddenSize: hiddenSize, dtype: dtype)
    variant = CellVariant(activations: [nonlinearity], clip: clip).checked("RNNCell", standard: [.tanh])
    weights = CellWeights(
      inputSize: inputSize, hiddenSize: hiddenSize, gateCount: 1, bias: bias,
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
    let z = weights.preactivation(input, hidden, gates: 0..<1)
    let next = variant.activate(z, by: nonlinearity)
    return (next, next)
  }

  /// Shows the parameters in PyTorch's order.
  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    weights.visitParameters(&visitor)
  }
}
