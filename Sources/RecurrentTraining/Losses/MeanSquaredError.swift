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
  let difference = prediction.detached() - target.detached()
  let sum = Kernels.sumOfSquares(difference.dtype, difference.storage, offset: 0, count: difference.count)
  let mean = sum / Double(difference.count)
  let loss = difference.dtype == .float32 ? Tensor(scalar: Float(mean)) : Tensor(scalar: mean)
  // d mean((a - b)^2) / da = 2 / n * (a - b) = -d/db.
  return Tensor.recorded([loss], from: [prediction, target]) { upstream in
    guard let upstream = upstream[0] else { return [nil, nil] }
    let gradient = difference * (2 / Double(difference.count)) * upstream
    return [gradient, -gradient]
  }[0]
}
