import RecurrentKernels

extension Tensor {
  /// The places `range` along one axis. PyTorch: `torch.narrow`.
  ///
  /// The derivative puts the gradient back into zeros. To take a tensor apart place by place use ``unstacked(axis:)``,
  /// whose derivative does not fill zeros once for each place.
  ///
  /// - Precondition: the tensor has the axis, and the range lies inside it.
  /// - Complexity: O(elements of the result) in time and memory: they are moved.
  public func slice(axis: Int, _ range: Range<Int>) -> Tensor {
    let axis = normalized(axis, "slice")
    precondition(
      range.lowerBound >= 0 && range.upperBound <= shape[axis],
      "slice: places \(range) are outside of axis \(axis) of \(shape)")
    if range == 0..<shape[axis] { return self }
    let from = shape
    return copiedSlice(axis, range).recorded(from: self) { g in
      [
        Tensor(made: from, g.dtype) {
          g.copyRuns(into: $0, axis: axis, targetExtent: from[axis], targetStart: range.lowerBound)
        }
      ]
    }
  }

  /// The tensors at each place along one axis, which goes. PyTorch: `torch.unbind`.
  ///
  /// - Precondition: the tensor has the axis.
  /// - Complexity: O(elements of the result) in time and memory: they are moved.
  public func unstacked(axis: Int = 0) -> [Tensor] {
    let axis = normalized(axis, "unstacked")
    let (place, type) = (shape.removing(axis), dtype)
    let places = (0..<shape[axis]).map { copiedSlice(axis, $0..<$0 + 1).reshaped(place) }
    return Tensor.recorded(places, from: [self]) { gradients in
      [Tensor.stacked(gradients.map { $0 ?? Tensor(zeros: place, dtype: type) }, axis: axis)]
    }
  }

  /// The tensor at one place of the first axis. PyTorch: `x[i]`.
  ///
  /// - Precondition: the tensor has at least one axis, and the place lies inside it.
  /// - Complexity: O(elements of the result) in time and memory: they are moved.
  public subscript(index: Int) -> Tensor {
    precondition(rank > 0 && index >= 0 && index < shape[0], "Tensor: place \(index) is outside of \(shape)")
    return slice(axis: 0, index..<index + 1).reshaped(shape.removing(0))
  }

  /// The places `range` of the first axis. PyTorch: `x[a:b]`.
  ///
  /// - Precondition: the tensor has at least one axis, and the range lies inside it.
  /// - Complexity: O(elements of the result) in time and memory: they are moved.
  public subscript(range: Range<Int>) -> Tensor { slice(axis: 0, range) }

  private func copiedSlice(_ axis: Int, _ range: Range<Int>) -> Tensor {
    let (outer, inner) = extents(around: axis)
    let run = range.count * inner * dtype.byteWidth
    let step = shape[axis] * inner * dtype.byteWidth
    let first = range.lowerBound * inner * dtype.byteWidth
    return Tensor(made: shape.replacing(axis, with: range.count), dtype) { target in
      for row in 0..<outer {
        target.copyBytes(from: memory, sourceByte: row * step + first, toByte: row * run, byteCount: run)
      }
    }
  }

  /// Copies this tensor into a larger one of `targetExtent` places along `axis`, from `targetStart` on.
  func copyRuns(into target: AlignedMemory, axis: Int, targetExtent: Int, targetStart: Int) {
    let (outer, inner) = extents(around: axis)
    let run = shape[axis] * inner * dtype.byteWidth
    let step = targetExtent * inner * dtype.byteWidth
    let first = targetStart * inner * dtype.byteWidth
    for row in 0..<outer {
      target.copyBytes(from: memory, sourceByte: row * run, toByte: row * step + first, byteCount: run)
    }
  }
}
