import RecurrentKernels

/// The hyperbolic tangent of every element; with y = tanh x, dy/dx = 1 - y^2. PyTorch: `torch.tanh`.
///
/// - Precondition: `x` is floating-point.
/// - Complexity: O(elements) in time and memory, one kernel call.
public func tanh(_ x: Tensor) -> Tensor {
  let y = x.mapped(.tanh, "tanh")
  return y.recorded(from: x) { [$0 * (1 - y * y)] }
}

/// 1 / (1 + e^-x) for every element; with y the result, dy/dx = (1 - y) y. PyTorch: `torch.sigmoid`.
///
/// - Precondition: `x` is floating-point.
/// - Complexity: O(elements) in time and memory, one kernel call.
public func sigmoid(_ x: Tensor) -> Tensor {
  let y = x.mapped(.sigmoid, "sigmoid")
  return y.recorded(from: x) { [$0 * (1 - y) * y] }
}

/// Every element that is not negative, else 0; the derivative is 1 where x > 0, else 0. PyTorch: `torch.relu`.
///
/// - Precondition: `x` is floating-point.
/// - Complexity: O(elements) in time and memory, one kernel call.
public func relu(_ x: Tensor) -> Tensor {
  let y = x.mapped(.relu, "relu")
  return y.recorded(from: x) { [$0 * .isGreater(y, Tensor(scalar: 0, dtype: y.dtype))] }
}
