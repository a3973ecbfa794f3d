import RecurrentKernels
public import RecurrentTensors

/// The mean cross entropy, in nats, of the right classes under the softmax of the logits.
///
/// For each row `z` of logits with right class `c` the loss is `-log softmax(z)[c]`; with label smoothing `e`
/// over *C* classes it is `-sum_k q[k] * log softmax(z)[k]` with `q = (1 - e) * onehot(c) + e / C`. Rows
/// whose target is `ignoreIndex` count neither in the sum nor in the mean.
///
/// PyTorch's counterpart: `torch.nn.functional.cross_entropy` with the mean reduction; here classes stand
/// last, so no transposition is needed for sequences.
///
/// - Parameters:
///   - logits: `[.., C]`, float32 or float64.
///   - targets: int64 `[..]`, the shape of `logits` without its last dimension.
///   - ignoreIndex: the target that marks a row to leave out.
///   - labelSmoothing: `e`, from 0 to 1.
/// - Returns: a scalar of shape `[]`; not a number if every row is left out.
/// - Precondition: the shapes fit, and every target is `ignoreIndex` or from 0 to `C - 1`.
/// - Complexity: O(number of logits) in time and memory, once forward and once backward.
public func crossEntropy(
  _ logits: Tensor, _ targets: Tensor, ignoreIndex: Int = -100, labelSmoothing: Double = 0
) -> Tensor {
  let problem = CrossEntropy(logits, targets, ignoreIndex: ignoreIndex, labelSmoothing: labelSmoothing)
  let logProbabilities = problem.logProbabilities(of: logits)
  let loss = problem.loss(logProbabilities)
  return Tensor.recorded([loss], from: [logits]) { upstream in
    [upstream[0].map { problem.gradient(logProbabilities, upstream: $0) }]
  }[0]
}

/// One loss to compute: its shape, its targets, and how many of them count.
private struct CrossEntropy {
  let rows: Int
  let classes: Int
  let dtype: DType
  let smoothing: Double
  let shape: Shape
  /// The right class of each row, -1 for a row to leave out.
  let targets: [Int]
  /// The rows that count.
  let count: Int

  init(_ logits: Tensor, _ targets: Tensor, ignoreIndex: Int, labelSmoothing: Double) {
    precondition(
      logits.rank > 0 && targets.shape == Shape(logits.shape.dropLast()) && targets.dtype == .int64,
      """
      crossEntropy: targets are \(targets.dtype) \(targets.shape), expected int64 \(logits.shape.dropLast()) \
      for logits \(logits.shape)
      """)
    precondition(
      logits.dtype.isFloatingPoint, "crossEntropy: logits are \(logits.dtype), expected float32 or float64")
    precondition(
      (0...1).contains(labelSmoothing), "crossEntropy: labelSmoothing is \(labelSmoothing), expected 0 to 1")
    let classes = logits.shape[logits.rank - 1]
    self.targets = CrossEntropy.checked(targets, classes: classes, ignoreIndex: ignoreIndex)
    self.classes = classes
    rows = targets.count
    dtype = logits.dtype
    shape = logits.shape
    smoothing = labelSmoothing
    count = self.targets.reduce(0) { $0 + ($1 < 0 ? 0 : 1) }
  }

  private static func checked(_ targets: Tensor, classes: Int, ignoreIndex: Int) -> [Int] {
    targets.scalars(as: Int64.self).map { target in
      if target == ignoreIndex { return -1 }
      precondition(
        target >= 0 && target < classes,
        "crossEntropy: a target is \(target), expected 0 to \(classes - 1), or \(ignoreIndex) to ignore it")
      return Int(target)
    }
  }

  func logProbabilities(of logits: Tensor) -> Tensor {
    let result = AlignedMemory(dtype, count: rows * classes, zeroed: false)
    Kernels.logSoftmax(dtype, rows: rows, columns: classes, Operand(logits.storage), into: result)
    return Tensor(adopting: result, shape: shape, dtype: dtype)
  }

  /// `-(1 - e) * mean of log p[c] - e / C * mean of the sum of log p`. Sums run in the fixed order of scalar
  /// reductions.
  func loss(_ logProbabilities: Tensor) -> Tensor {
    var total = (1 - smoothing) * -sumOverTargets(logProbabilities)
    if smoothing > 0 { total -= smoothing / Double(classes) * sumOverClasses(logProbabilities) }
    let mean = total / Double(count)
    return dtype == .float32 ? Tensor(scalar: Float(mean)) : Tensor(scalar: mean)
  }

  private func sumOverTargets(_ logProbabilities: Tensor) -> Double {
    dtype == .float32
      ? sumOverTargets(logProbabilities, Float.self) : sumOverTargets(logProbabilities, Double.self)
  }

  private func sumOverTargets<Scalar: TensorScalar>(_ logProbabilities: Tensor, _ type: Scalar.Type) -> Double
  {
    let chosen = AlignedMemory(dtype, count: count)
    logProbabilities.storage.read(type, count: rows * classes) { values in
      chosen.write(type, count: count) { places in
        var place = 0
        for row in 0..<rows where targets[row] >= 0 {
          places[place] = values[row * classes + targets[row]]
          place += 1
        }
      }
    }
    return Kernels.sum(dtype, chosen, offset: 0, count: count)
  }

  private func sumOverClasses(_ logProbabilities: Tensor) -> Double {
    var total = 0.0
    for row in 0..<rows where targets[row] >= 0 {
      total += Kernels.sum(dtype, logProbabilities.storage, offset: row * classes, count: classes)
    }
    return total
  }

  // With p = softmax(z): d(-sum_k q[k] log p[k]) / dz[j] = p[j] * sum_k q[k] - q[j] = p[j] - q[j]. The mean
  // divides by the rows that count; the chain rule multiplies by the upstream gradient.

  /// `(p - q) * (upstream / count)`, in the working type; zeros where a row is left out.
  func gradient(_ logProbabilities: Tensor, upstream: Tensor) -> Tensor {
    let result = AlignedMemory(dtype, count: rows * classes, zeroed: false)
    Kernels.unary(.exp, dtype, Operand(logProbabilities.storage), into: result, count: rows * classes)
    if smoothing > 0 { combine(.subtract, result, smoothing / Double(classes)) }
    if dtype == .float32 { subtractTargets(result, Float.self) } else { subtractTargets(result, Double.self) }
    let factor =
      dtype == .float32
      ? Double(upstream.scalars(as: Float.self)[0]) : upstream.scalars(as: Double.self)[0]
    combine(.multiply, result, factor / Double(count))
    return Tensor(adopting: result, shape: shape, dtype: dtype)
  }

  /// Combines every element of `block` with one number, in place.
  private func combine(_ operation: BinaryOperation, _ block: AlignedMemory, _ number: Double) {
    let constant = Kernels.constant(dtype, number)
    Kernels.binary(operation, dtype, Operand(block), constant, into: block, count: rows * classes)
  }

  private func subtractTargets<Scalar: TensorScalar & BinaryFloatingPoint>(
    _ block: AlignedMemory, _ type: Scalar.Type
  ) {
    let peak = Scalar(1 - smoothing)
    block.write(type, count: rows * classes) { gradient in
      for (row, target) in targets.enumerated() {
        let start = row * classes
        if target >= 0 {
          gradient[start + target] -= peak
        } else {
          for index in start..<(start + classes) { gradient[index] = 0 }
        }
      }
    }
  }
}
