import RecurrentKernels

extension Tensor {
  /// The sum of all elements, a scalar. PyTorch: `torch.sum(x)`.
  ///
  /// Element i goes to virtual lane i mod 16; lanes are folded by halves; blocks of 4096 are added in double.
  ///
  /// - Precondition: the tensor is floating-point.
  /// - Complexity: O(elements) in time.
  public func sum() -> Tensor {
    let from = shape
    let total = Kernels.sum(dtype, memory, count: count)
    return Tensor(scalar: total, dtype: dtype).recorded(from: self) { [$0.broadcast(to: from)] }
  }

  /// The sum along one axis, which goes unless it is kept with extent 1. PyTorch: `torch.sum(x, dim)`.
  ///
  /// - Precondition: the tensor is floating-point and has the axis; negative axes count from the end.
  /// - Complexity: O(elements) in time.
  public func sum(axis: Int, keepsAxis: Bool = false) -> Tensor {
    let axis = normalized(axis, "sum")
    let (from, kept) = (shape, shape.replacing(axis, with: 1))
    return foldedSum(axis: axis).reshaped(keepsAxis ? kept : shape.removing(axis)).recorded(from: self) {
      [$0.reshaped(kept).broadcast(to: from)]
    }
  }

  /// The mean of all elements, a scalar. PyTorch: `torch.mean(x)`.
  ///
  /// - Precondition: the tensor is floating-point.
  /// - Complexity: O(elements) in time.
  public func mean() -> Tensor { sum() / Double(count) }

  /// The mean along one axis, which goes unless it is kept with extent 1. PyTorch: `torch.mean(x, dim)`.
  ///
  /// - Precondition: the tensor is floating-point and has the axis; negative axes count from the end.
  /// - Complexity: O(elements) in time.
  public func mean(axis: Int, keepsAxis: Bool = false) -> Tensor {
    sum(axis: axis, keepsAxis: keepsAxis) / Double(shape[normalized(axis, "mean")])
  }

  /// The greatest elements along one axis; they have no gradient. PyTorch: `torch.amax(x, dim)`.
  ///
  /// By compare and select: NaN is passed over.
  ///
  /// - Precondition: the tensor is floating-point and has the axis, with at least one element along it.
  /// - Complexity: O(elements) in time.
  public func max(axis: Int, keepsAxis: Bool = false) -> Tensor {
    let axis = normalized(axis, "max")
    precondition(shape[axis] > 0, "max: axis \(axis) of \(shape) is empty")
    let (outer, inner) = extents(around: axis)
    let kept = keepsAxis ? shape.replacing(axis, with: 1) : shape.removing(axis)
    return Tensor(made: kept, dtype) {
      Kernels.maximumMiddle(dtype, outer: outer, length: shape[axis], inner: inner, memory, into: $0)
    }
  }

  /// The sum along one axis, which goes, without a history.
  func foldedSum(axis: Int) -> Tensor {
    let (outer, inner) = extents(around: axis)
    return Tensor(made: shape.removing(axis), dtype) {
      Kernels.sumMiddle(dtype, outer: outer, length: shape[axis], inner: inner, memory, into: $0)
    }
  }
}

// MARK: - Axes

extension Tensor {
  /// The axis counted from the front.
  func normalized(_ axis: Int, _ name: String) -> Int {
    precondition(axis >= -rank && axis < rank, "\(name): axis \(axis) is outside of \(shape)")
    return axis < 0 ? axis + rank : axis
  }

  /// The number of elements before and after an axis.
  func extents(around axis: Int) -> (outer: Int, inner: Int) {
    (shape[..<axis].reduce(1, *), shape[(axis + 1)...].reduce(1, *))
  }
}

extension Shape {
  func replacing(_ axis: Int, with extent: Int) -> Shape {
    var copy = self
    copy[axis] = extent
    return copy
  }

  func removing(_ axis: Int) -> Shape {
    var copy = self
    copy.remove(at: axis)
    return copy
  }
}
