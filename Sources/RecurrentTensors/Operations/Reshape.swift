import RecurrentKernels

extension Tensor {
  /// The same elements in row-major order under another shape. PyTorch: `Tensor.reshape`.
  ///
  /// One extent may be -1: it becomes what the others leave.
  ///
  /// - Precondition: the number of elements stays the same.
  /// - Complexity: O(1); the storage is shared.
  public func reshaped(_ newShape: Shape) -> Tensor {
    let target = completed(newShape)
    precondition(
      target.elementCount == count,
      "reshaped: \(shape) has \(count) elements, \(target) has \(target.elementCount)")
    if target == shape { return self }
    let from = shape
    return Tensor(adopting: memory, shape: target, dtype: dtype).recorded(from: self) { [$0.reshaped(from)] }
  }

  private func completed(_ newShape: Shape) -> Shape {
    guard let free = newShape.firstIndex(of: -1) else { return newShape }
    let others = newShape.removing(free).elementCount
    precondition(others > 0 && count % others == 0, "reshaped: \(shape) does not fill \(newShape)")
    return newShape.replacing(free, with: count / others)
  }
}
