public import RecurrentTensors

/// Zeroes each element with a given probability while training, and scales the others up so that the mean stays.
///
///     y = x · m / (1 - p),   m ~ Bernoulli(1 - p) per element
///
/// Identity outside training and for p = 0. Draws one float64 per element, in memory order, from the generator:
/// PyTorch's masks, bit for bit. (p = 1 gives zeros and draws nothing.)
///
/// PyTorch's counterpart: `torch.nn.Dropout`. Srivastava et al., "Dropout: a simple way to prevent neural networks
/// from overfitting", JMLR 15 (2014).
public struct Dropout: Module, Sendable {
  /// The probability p of an element to be zeroed.
  public let probability: Double
  /// Whether the layer acts; see ``Module/setTraining(_:)``.
  public var isTraining = true
  private let generator: Generator

  /// - Precondition: `probability` is in 0...1.
  public init(_ probability: Double = 0.5, generator: Generator = .default) {
    precondition(
      (0...1).contains(probability), "Dropout: probability is \(probability), expected 0...1")
    self.probability = probability
    self.generator = generator
  }

  /// `input`, of any shape, with elements dropped.
  ///
  /// - Complexity: O(count).
  public func callAsFunction(_ input: Tensor) -> Tensor {
    if !isTraining || probability == 0 || input.count == 0 { return input }
    return input * mask(input)
  }

  /// Shows the training flag; there are no parameters.
  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit(training: &isTraining)
  }

  /// The factors 0 or 1/(1 - p), divided in the working type as PyTorch does.
  private func mask(_ input: Tensor) -> Tensor {
    if probability == 1 { return Tensor(zeros: input.shape, dtype: input.dtype) }
    let keep = 1 - probability
    return generator.bernoulli(input.shape, probability: keep, dtype: input.dtype) / keep
  }
}
