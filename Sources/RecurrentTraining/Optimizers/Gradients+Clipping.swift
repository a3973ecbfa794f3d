import RecurrentKernels
public import RecurrentLayers
import RecurrentTensors

extension Gradients {
  /// The 2-norm of all gradients seen as one vector: `sqrt(sum of g * g)`.
  ///
  /// Squares are summed parameter by parameter in the fixed order of scalar reductions, then in float64 in
  /// the parameters' order.
  /// - Complexity: O(number of elements).
  public var norm: Double {
    tensors.reduce(0) { total, gradient in
      total + Kernels.sumOfSquares(gradient.dtype, gradient.storage, offset: 0, count: gradient.count)
    }.squareRoot()
  }

  /// These gradients scaled down, if need be, so that their norm is at most `limit`; and the norm they had.
  ///
  /// Each is multiplied by `min(1, limit / (norm + 1e-6))`. A norm that is not finite gives gradients that
  /// are not; see it in the norm that is returned. PyTorch's counterpart: `clip_grad_norm_`.
  ///
  /// - Precondition: `limit` is above 0.
  /// - Complexity: O(number of elements).
  public func clipped(toNorm limit: Double) -> (gradients: Gradients, norm: Double) {
    precondition(limit > 0, "Gradients.clipped: limit is \(limit), expected above 0")
    let norm = norm
    let factor = limit / (norm + 1e-6)
    // Written so that a norm that is not a number reaches the gradients, as it does in PyTorch.
    return (factor >= 1 ? self : scaled(by: factor), norm)
  }

  /// The gradient of a parameter, checked against it.
  func gradient(of name: String, like parameter: Tensor, optimizer: String) -> Tensor {
    guard let gradient = self[name] else { preconditionFailure("\(optimizer): \(name) has no gradient") }
    precondition(
      gradient.shape == parameter.shape && gradient.dtype == parameter.dtype,
      """
      \(optimizer): the gradient of \(name) is \(gradient.dtype) \(gradient.shape), expected \(parameter.dtype) \
      \(parameter.shape)
      """)
    return gradient
  }
}
