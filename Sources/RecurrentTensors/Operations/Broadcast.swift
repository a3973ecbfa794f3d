import RecurrentKernels

extension Tensor {
  /// The tensor repeated to a larger shape. PyTorch: `Tensor.expand` followed by `contiguous`.
  ///
  /// Shapes are aligned at their last axis; an axis of extent 1, or one that is missing, is repeated. The derivative
  /// sums over what was repeated.
  ///
  /// - Precondition: every other axis has the extent of `shape`.
  /// - Complexity: O(elements of the result) in time and memory.
  public func broadcast(to shape: Shape) -> Tensor {
    precondition(
      broadcastShape(self.shape, shape) == shape, "broadcast: \(self.shape) does not broadcast to \(shape)")
    if shape == self.shape { return self }
    let strides = broadcastStrides(self.shape, to: shape)
    let from = self.shape
    return Tensor(made: shape, dtype) {
      Kernels.gather(dtype, memory, shape: shape, strides: strides, into: $0)
    }
    .recorded(from: self) { [$0.summed(to: from)] }
  }

  /// Sums over the axes along which a tensor of `target` was repeated: the derivative of ``broadcast(to:)``.
  func summed(to target: Shape) -> Tensor {
    if shape == target { return self }
    var result = self
    var aligned = Shape(repeating: 1, count: rank - target.count) + target
    var axis = 0
    while axis < aligned.count {
      // Neighbouring axes that go are summed as one.
      var end = axis
      while end < aligned.count && aligned[end] == 1 && result.shape[end] != 1 { end += 1 }
      if end > axis {
        let inner = Shape(result.shape[end...])
        result = result.reshaped(
          Shape(result.shape[..<axis]) + [result.shape[axis..<end].reduce(1, *)] + inner)
        result = result.foldedSum(axis: axis).reshaped(Shape(result.shape[..<axis]) + [1] + inner)
        aligned.removeSubrange(axis + 1..<end)
      }
      axis += 1
    }
    return result.reshaped(target)
  }
}

/// The shape of an element-wise result of two shapes, or nil if they do not go together.
func broadcastShape(_ a: Shape, _ b: Shape) -> Shape? {
  let rank = max(a.count, b.count)
  let left = Shape(repeating: 1, count: rank - a.count) + a
  let right = Shape(repeating: 1, count: rank - b.count) + b
  var shape = left
  for axis in 0..<rank where left[axis] != right[axis] {
    guard left[axis] == 1 || right[axis] == 1 else { return nil }
    shape[axis] = left[axis] == 1 ? right[axis] : left[axis]
  }
  return shape
}

/// How far a tensor of `shape` moves along each axis of `target`: 0 along axes that are repeated.
func broadcastStrides(_ shape: Shape, to target: Shape) -> [Int] {
  let missing = target.count - shape.count
  var strides = [Int](repeating: 0, count: target.count)
  var step = 1
  for axis in shape.indices.reversed() {
    strides[missing + axis] = shape[axis] == 1 ? 0 : step
    step *= shape[axis]
  }
  return strides
}

/// How two operands of an element-wise operation are read: in rows along which each moves by a constant 0 or 1.
struct BroadcastPlan {
  let shape: Shape
  private(set) var columns = 1
  private(set) var aStride = 1
  private(set) var bStride = 1
  private(set) var aRows = [0]
  private(set) var bRows = [0]

  init?(_ a: Shape, _ b: Shape) {
    guard let shape = broadcastShape(a, b) else { return nil }
    self.shape = shape
    let aSteps = broadcastStrides(a, to: shape)
    let bSteps = broadcastStrides(b, to: shape)
    let outer = takeColumns(aSteps, bSteps)
    if shape.elementCount == 0 {
      aRows = []
      bRows = []
    } else {
      aRows = rowStarts(shape[..<outer], aSteps)
      bRows = rowStarts(shape[..<outer], bSteps)
    }
  }

  /// Merges trailing axes while both operands go on as they began; returns how many axes are left.
  private mutating func takeColumns(_ aSteps: [Int], _ bSteps: [Int]) -> Int {
    var begun = false
    for axis in shape.indices.reversed() where shape[axis] != 1 {
      if !begun {
        (aStride, bStride, begun) = (aSteps[axis], bSteps[axis], true)
      } else if aSteps[axis] != aStride * columns || bSteps[axis] != bStride * columns {
        return axis + 1
      }
      columns *= shape[axis]
    }
    return 0
  }

  private func rowStarts(_ shape: ArraySlice<Int>, _ steps: [Int]) -> [Int] {
    var starts = [0]
    for axis in shape.indices {
      starts = starts.flatMap { start in (0..<shape[axis]).map { start + $0 * steps[axis] } }
    }
    return starts
  }
}
