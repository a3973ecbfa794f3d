public import RecurrentKernels
public import RecurrentTensors

/// The simple recurrent cell of Elman.
///
///     h' = tanh(W x + b_ih + U h + b_hh)        or relu in place of tanh
///
/// Parameters: `weight_ih` W `[H, I]`, `weight_hh` U `[H, H]`, `bias_ih` and `bias_hh` `[H]`.
///
/// PyTorch's counterpart: `torch.nn.RNNCell`. Elman, "Finding structure in time", Cognitive Science 14 (1990).
public struct RNNCell: RecurrentCell {
  /// The function that bounds the hidden state, or keeps it from below.
  public enum Nonlinearity: String, Sendable, CaseIterable {
    /// The hyperbolic tangent: values in -1...1.
    case tanh
    /// max(0, x).
    case relu
  }

  /// What bounds the hidden state.
  public let nonlinearity: Nonlinearity
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
    inputSize: Int, hiddenSize: Int, nonlinearity: Nonlinearity = .tanh, bias: Bool = true,
    dtype: DType = .float32, generator: Generator = .default
  ) {
    checkSizes("RNNCell", inputSize: inputSize, hiddenSize: hiddenSize, dtype: dtype)
    self.nonlinearity = nonlinearity
    weights = CellWeights(
      inputSize: inputSize, hiddenSize: hiddenSize, gateCount: 1, bias: bias, dtype: dtype,
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
    let z = weights.preactivation(input, hidden, gates: 0..<1)
    let next = nonlinearity == .tanh ? tanh(z) : relu(z)
    return (next, next)
  }

  /// Shows the parameters in PyTorch's order.
  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    weights.visitParameters(&visitor)
  }
}
