import RecurrentKernels
public import RecurrentTensors

extension PackedBatch {
  /// The real steps of a padded batch: `[T, N, F]` to `[rows, F]`.
  ///
  /// - Complexity: O(rows · F); O(1) if all sequences are full.
  public func gather(_ padded: Tensor) -> Tensor {
    let width = padded.shape[2]
    let flat = padded.reshaped([stepLimit * batchSize, width])
    return isDense ? flat : flat.selectingRows(paddedRows)
  }

  /// The padded batch with zeros after each sequence's end: `[rows, F]` to `[T, N, F]`.
  ///
  /// - Complexity: O(T · N · F); O(1) if all sequences are full.
  public func scatter(_ packed: Tensor) -> Tensor {
    let width = packed.shape[1]
    let flat = isDense ? packed : packed.selectingRows(invert(paddedRows, count: stepLimit * batchSize))
    return flat.reshaped([stepLimit, batchSize, width])
  }

  /// One row per sequence, from the order of the batch into sorted order: `[N, F]` to `[N, F]`.
  public func sort(_ rows: Tensor) -> Tensor {
    isSorted ? rows : rows.selectingRows(order)
  }

  /// One row per sequence, from sorted order back into the order of the batch: `[N, F]` to `[N, F]`.
  public func unsort(_ rows: Tensor) -> Tensor {
    isSorted ? rows : rows.selectingRows(invert(order, count: order.count))
  }

  private var isSorted: Bool { order == Array(order.indices) }

  /// The row of the padded batch, flattened to `[T·N]`, that each packed row comes from.
  private var paddedRows: [Int] {
    batchSizes.indices.flatMap { step in order[..<batchSizes[step]].map { step * batchSize + $0 } }
  }
}

/// Where each of `count` rows went under `map`, or -1.
private func invert(_ map: [Int], count: Int) -> [Int] {
  var inverse = [Int](repeating: -1, count: count)
  for (target, source) in map.enumerated() where source >= 0 { inverse[source] = target }
  return inverse
}

extension Tensor {
  /// The rows of `[R, F]` that `map` names, no row twice; -1 stands for a row of zeros.
  ///
  /// As no row is taken twice, the derivative takes rows back by the inverse map and nothing is summed.
  fileprivate func selectingRows(_ map: [Int]) -> Tensor {
    let rowCount = shape[0]
    return copyingRows(map).recorded(from: self) { gradient in
      [gradient.copyingRows(invert(map, count: rowCount))]
    }
  }

  private func copyingRows(_ map: [Int]) -> Tensor {
    var result = Tensor(zeros: [map.count, shape[1]], dtype: dtype)
    let bytes = shape[1] * dtype.byteWidth
    let target = result.uniqueStorage()
    for (row, source) in map.enumerated() where source >= 0 {
      target.copyBytes(from: storage, sourceByte: source * bytes, toByte: row * bytes, byteCount: bytes)
    }
    return result
  }
}
