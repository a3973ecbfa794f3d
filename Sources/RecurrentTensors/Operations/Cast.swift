public import RecurrentKernels

extension Tensor {
  /// The elements as another type: rounded to nearest; to int64 towards zero. PyTorch: `Tensor.to(dtype)`.
  ///
  /// Between floating-point types the derivative converts back.
  ///
  /// - Precondition: a number that becomes an integer is finite and fits.
  /// - Complexity: O(count), or O(1) if the type stays.
  public func asType(_ type: DType) -> Tensor {
    if type == dtype { return self }
    let from = dtype
    let converted = Tensor(made: shape, type) { Kernels.convert(memory, from, into: $0, type, count: count) }
    guard from.isFloatingPoint && type.isFloatingPoint else { return converted }
    return converted.recorded(from: self) { [$0.asType(from)] }
  }
}
