import RecurrentKernels
public import RecurrentTensors

/// The mean of the squared differences: `mean((prediction - target)^2)` over all elements.
///
/// PyTorch's counterpart: `torch.nn.functional.mse_loss` with the mean reduction; here the shapes must be
/// equal.
///
/// - Parameters:
///   - prediction: any shape, float32 or float64.
///   - target: the same shape and element type.
/// - Returns: a scalar of shape `[]`.
/// - Precondition: shapes and element types are equal.
/// - Complexity: O(number of elements).
public func meanSquaredError(_ prediction: Tensor, _ target: Tensor) -> Tensor {
  precondition(
    prediction.shape == target.shape && prediction.dtype == target.dtype,
    """
    meanSquaredError: target is \(target.dtype) \(target.shape), expected \(prediction.dtype) \(prediction.shape) \
    as the prediction
    """)
  let (x, y) = (prediction.detached(), target.detached())
  let (needsX, needsY, count) = (prediction.isWatched, target.isWatched, prediction.count)
  let mean = sumOfSquares(x - y) / Double(count)
  let loss = x.dtype == .float32 ? Tensor(scalar: Float(mean)) : Tensor(scalar: mean)
  // d mean((a - b)^2) / da = 2 / n * (a - b) = -d/db.
  return Tensor.recorded([loss], from: [prediction, target]) { upstream in
    guard let upstream = upstream[0] else { return [nil, nil] }
    var gradient = x - y
    gradient.scale(by: Tensor(scalar: 2 / Double(count)).asType(x.dtype))
    gradient.scale(by: upstream)
    return [needsX ? gradient : nil, needsY ? -gradient : nil]
  }[0]
}

private func sumOfSquares(_ x: Tensor) -> Double {
  Kernels.sumOfSquares(x.dtype, x.storage, offset: 0, count: x.count)
}

extension Tensor {
  /// Multiplies every element by a scalar, in place: a long sequence's differences need no second copy.
  fileprivate mutating func scale(by factor: Tensor) {
    let memory = uniqueStorage()
    Kernels.binary(
      .multiply, dtype, Operand(memory), Operand(factor.storage, stride: 0), into: memory, count: count)
  }
}
