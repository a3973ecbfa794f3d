public import RecurrentKernels

extension Tensor {
  /// For each id, a row of zeros with a 1 at the id's place. PyTorch: `torch.nn.functional.one_hot`, as numbers of
  /// the type that networks take.
  ///
  /// - Parameters:
  ///   - classCount: The length of a row.
  ///   - dtype: The type of the result.
  /// - Returns: `shape + [classCount]`.
  /// - Precondition: the tensor is int64; every id is in `0..<classCount`.
  /// - Complexity: O(elements of the result) in time and memory.
  public func oneHot(classCount: Int, dtype: DType = .float32) -> Tensor {
    let ids = scalars(as: Int64.self)
    let one = Kernels.constant(dtype, 1).memory
    return Tensor(made: shape + [classCount], dtype) { target in
      for (row, id) in ids.enumerated() {
        precondition(id >= 0 && id < classCount, "oneHot: id \(id) is outside of 0..<\(classCount)")
        let place = (row * classCount + Int(id)) * dtype.byteWidth
        target.copyBytes(from: one, toByte: place, byteCount: dtype.byteWidth)
      }
    }
  }
}
