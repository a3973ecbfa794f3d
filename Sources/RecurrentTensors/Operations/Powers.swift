import RecurrentKernels

/// The square of every element; the derivative is 2x. PyTorch: `torch.square`.
///
/// - Precondition: `x` is floating-point.
/// - Complexity: O(elements) in time and memory, one kernel call.
public func square(_ x: Tensor) -> Tensor {
  let value = x.detached()
  return x.mapped(.square, "square").recorded(from: x) { [$0 * (value * 2)] }
}

/// The square root of every element; with y the result, dy/dx = 1 / (2y). PyTorch: `torch.sqrt`.
///
/// - Precondition: `x` is floating-point.
/// - Complexity: O(elements) in time and memory, one kernel call.
public func sqrt(_ x: Tensor) -> Tensor {
  let y = x.mapped(.squareRoot, "sqrt")
  return y.recorded(from: x) { [$0 / (y * 2)] }
}
