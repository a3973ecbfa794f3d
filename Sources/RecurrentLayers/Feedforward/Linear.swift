public import RecurrentKernels
public import RecurrentTensors

/// An affine map of the last dimension.
///
///     y = x W^T + b
///
/// `x` is `[.., I]`, `weight` `[O, I]`, `bias` `[O]`, `y` `[.., O]`. Each element of `y` is one ascending chain of
/// fused multiply-adds that starts from the bias.
///
/// PyTorch's counterpart: `torch.nn.Linear`.
public struct Linear: Module, Sendable {
  /// `[O, I]`.
  public var weight: Tensor
  /// `[O]`, or nil if the map has no bias.
  public var bias: Tensor?

  /// The size of the last dimension going in.
  public var inputSize: Int { weight.shape[1] }
  /// The size of the last dimension coming out.
  public var outputSize: Int { weight.shape[0] }

  /// Draws weight and then bias uniformly from ±1/√I, with PyTorch's bits.
  ///
  /// - Precondition: sizes are positive.
  public init(
    inputSize: Int, outputSize: Int, bias: Bool = true, dtype: DType = .float32,
    generator: Generator = .default
  ) {
    precondition(inputSize > 0, "Linear: inputSize is \(inputSize), expected at least 1")
    precondition(outputSize > 0, "Linear: outputSize is \(outputSize), expected at least 1")
    let bound = Linear.kaimingBound(inputSize: inputSize)
    weight = generator.uniform([outputSize, inputSize], from: -bound, to: bound, dtype: dtype)
    guard bias else { return }
    let biasBound = 1 / Double(inputSize).squareRoot()
    self.bias = generator.uniform([outputSize], from: -biasBound, to: biasBound, dtype: dtype)
  }

  /// Wraps given parameters: `weight` `[O, I]`, `bias` `[O]` or nil.
  public init(weight: Tensor, bias: Tensor?) {
    precondition(weight.rank == 2, "Linear: weight is \(weight.shape), expected [O, I]")
    precondition(
      bias == nil || bias?.shape == [weight.shape[0]],
      "Linear: bias is \(bias?.shape ?? []), expected [\(weight.shape[0])]")
    self.weight = weight
    self.bias = bias
  }

  /// The map of `input` `[.., I]`, of shape `[.., O]`.
  ///
  /// - Precondition: the last dimension is ``inputSize``.
  /// - Complexity: O(rows · I · O).
  public func callAsFunction(_ input: Tensor) -> Tensor {
    precondition(
      input.shape.last == inputSize,
      "Linear: input is \(input.shape), expected [.., \(inputSize)] (inputSize \(inputSize))")
    return linear(input, weight, bias)
  }

  /// Shows the parameters in PyTorch's order.
  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("weight", &weight)
    visitor.visit("bias", &bias)
  }

  /// The bound √3 · gain/√I with gain = √(2/(1 + a²)), a = √5, rounded in the steps that PyTorch rounds in: it
  /// differs from 1/√I in the last bit for some I.
  private static func kaimingBound(inputSize: Int) -> Double {
    let slope = 5.0.squareRoot()
    let gain = (2 / (1 + slope * slope)).squareRoot()
    return 3.0.squareRoot() * (gain / Double(inputSize).squareRoot())
  }
}
