import RecurrentKernels

/// e to the power of every element; the derivative is the result itself. PyTorch: `torch.exp`.
///
/// - Precondition: `x` is floating-point.
/// - Complexity: O(elements) in time and memory, one kernel call.
public func exp(_ x: Tensor) -> Tensor {
  let y = x.mapped(.exp, "exp")
  return y.recorded(from: x) { [$0 * y] }
}

/// The natural logarithm of every element; the derivative is 1 / x. PyTorch: `torch.log`.
///
/// - Precondition: `x` is floating-point.
/// - Complexity: O(elements) in time and memory, one kernel call.
public func log(_ x: Tensor) -> Tensor {
  let value = x.detached()
  return x.mapped(.log, "log").recorded(from: x) { [$0 / value] }
}
