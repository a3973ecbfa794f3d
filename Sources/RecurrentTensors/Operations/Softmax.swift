import RecurrentKernels

extension Tensor {
  /// `x - log(sum of exp(x))` along one axis. PyTorch: `torch.log_softmax`.
  ///
  /// The greatest element is taken off first, so nothing overflows. With y the result and g its gradient,
  /// dx = g - exp(y) sum(g).
  ///
  /// - Precondition: the tensor is floating-point and has the axis; negative axes count from the end.
  /// - Complexity: O(elements) in time and memory.
  public func logSoftmax(axis: Int = -1) -> Tensor {
    let axis = normalized(axis, "logSoftmax")
    if axis != rank - 1 {
      return transposed(axis, rank - 1).logSoftmax().transposed(axis, rank - 1)
    }
    let columns = shape[axis]
    let y = Tensor(made: shape, dtype) {
      Kernels.logSoftmax(
        dtype, rows: columns == 0 ? 0 : count / columns, columns: columns, Operand(memory), into: $0)
    }
    return y.recorded(from: self) { g in [g - exp(y) * g.sum(axis: -1, keepsAxis: true)] }
  }

  /// `exp(x) / sum of exp(x)` along one axis. PyTorch: `torch.softmax`.
  ///
  /// The greatest element is taken off first, so nothing overflows. With y the result and g its gradient,
  /// dx = y (g - sum(g y)).
  ///
  /// - Precondition: the tensor is floating-point and has the axis; negative axes count from the end.
  /// - Complexity: O(elements) in time and memory.
  public func softmax(axis: Int = -1) -> Tensor {
    let axis = normalized(axis, "softmax")
    if shape[axis] == 0 { return self }
    let value = detached()
    let e = exp(value - value.max(axis: axis, keepsAxis: true))
    let y = e / e.sum(axis: axis, keepsAxis: true)
    return y.recorded(from: self) { g in [y * (g - (g * y).sum(axis: axis, keepsAxis: true))] }
  }
}
