import RecurrentKernels

extension Tensor {
  /// Tensors one after the other along an axis. PyTorch: `torch.cat`.
  ///
  /// - Precondition: at least one tensor; equal types, and equal shapes but for that axis.
  /// - Complexity: O(elements of the result) in time and memory: they are moved, unless there is one tensor only.
  public static func concatenated(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    precondition(!tensors.isEmpty, "concatenated: there are no tensors")
    let first = tensors[0]
    let axis = first.normalized(axis, "concatenated")
    for tensor in tensors {
      precondition(
        tensor.dtype == first.dtype && tensor.rank == first.rank
          && tensor.shape.removing(axis) == first.shape.removing(axis),
        "concatenated: \(first.dtype) \(first.shape) and \(tensor.dtype) \(tensor.shape) do not fit along axis \(axis)"
      )
    }
    if tensors.count == 1 { return first }
    let extents = tensors.map { $0.shape[axis] }
    return joined(tensors, axis, extents.reduce(0, +)).recorded(from: tensors) { g in
      var start = 0
      return extents.map { extent in
        defer { start += extent }
        return g.slice(axis: axis, start..<start + extent)
      }
    }
  }

  /// Tensors of one shape side by side along a new axis. PyTorch: `torch.stack`.
  ///
  /// - Precondition: at least one tensor; equal types and shapes.
  /// - Complexity: O(elements of the result) in time and memory: they are moved.
  public static func stacked(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    precondition(!tensors.isEmpty, "stacked: there are no tensors")
    let (shape, rank) = (tensors[0].shape, tensors[0].rank)
    precondition(
      axis >= -rank - 1 && axis <= rank, "stacked: axis \(axis) is outside of the rank \(rank + 1)")
    let place = axis < 0 ? axis + rank + 1 : axis
    let slab = Shape(shape[..<place]) + [1] + shape[place...]
    for tensor in tensors {
      precondition(
        tensor.shape == shape, "stacked: shapes are \(shape) and \(tensor.shape), expected equal ones")
    }
    return concatenated(tensors.map { $0.reshaped(slab) }, axis: place)
  }

  private static func joined(_ tensors: [Tensor], _ axis: Int, _ extent: Int) -> Tensor {
    Tensor(made: tensors[0].shape.replacing(axis, with: extent), tensors[0].dtype) { target in
      var start = 0
      for tensor in tensors {
        tensor.copyRuns(into: target, axis: axis, targetExtent: extent, targetStart: start)
        start += tensor.shape[axis]
      }
    }
  }
}
