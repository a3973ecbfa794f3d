import RecurrentKernels

extension Tensor {
  /// The rows of a table that ids name: the lookup of an embedding. PyTorch: `torch.nn.functional.embedding`.
  ///
  /// The derivative adds each row's gradient into the table's, in ascending order of the ids' places.
  ///
  /// - Parameter ids: int64, of any shape.
  /// - Returns: `ids.shape + [E]` for a table `[C, E]`.
  /// - Precondition: the tensor is a matrix; every id is in `0..<C`.
  /// - Complexity: O(elements of the result) in time and memory; its derivative also clears a table.
  public func gatherRows(_ ids: Tensor) -> Tensor {
    precondition(
      rank == 2 && ids.dtype == .int64,
      "gatherRows: the table is \(shape) and the ids are \(ids.dtype), expected [C, E] and int64")
    let (table, width, type) = (shape, shape[1], dtype)
    let rows = ids.scalars(as: Int64.self).map { Int($0) }
    for row in rows {
      precondition(row >= 0 && row < table[0], "gatherRows: id \(row) is outside of 0..<\(table[0])")
    }
    let bytes = width * dtype.byteWidth
    return Tensor(made: ids.shape + [width], dtype) { target in
      for (place, row) in rows.enumerated() {
        target.copyBytes(from: memory, sourceByte: row * bytes, toByte: place * bytes, byteCount: bytes)
      }
    }
    .recorded(from: self) { g in
      [
        Tensor(made: table, type) { target in
          for (place, row) in rows.enumerated() {
            Kernels.binary(
              .add, type, Operand(target, offset: row * width), Operand(g.memory, offset: place * width),
              into: target, offset: row * width, count: width)
          }
        }
      ]
    }
  }
}
