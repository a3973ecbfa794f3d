import RecurrentKernels

extension Tensor {
  /// The axes in another order: axis i of the result is axis `axes[i]` of the tensor. PyTorch: `Tensor.permute`.
  ///
  /// - Precondition: `axes` names every axis once.
  /// - Complexity: O(count) in time and memory: the elements are moved.
  public func permuted(_ axes: [Int]) -> Tensor {
    precondition(
      axes.sorted() == Array(shape.indices), "permuted: \(axes) is no order of the axes of \(shape)")
    if axes == Array(shape.indices) { return self }
    let strides = broadcastStrides(shape, to: shape)
    let target = axes.map { shape[$0] }
    return Tensor(made: target, dtype) {
      Kernels.gather(dtype, memory, shape: target, strides: axes.map { strides[$0] }, into: $0)
    }
    .recorded(from: self) { g in [g.permuted(axes.indices.map { axes.firstIndex(of: $0)! })] }
  }

  /// Two axes exchanged. PyTorch: `torch.transpose`.
  ///
  /// - Precondition: the tensor has the axes; negative axes count from the end.
  /// - Complexity: O(count) in time and memory: the elements are moved.
  public func transposed(_ a: Int, _ b: Int) -> Tensor {
    var axes = Array(shape.indices)
    axes.swapAt(normalized(a, "transposed"), normalized(b, "transposed"))
    return permuted(axes)
  }
}
