import RecurrentKernels
import RecurrentTensors

// Operators that compute, element by element or by products. https://onnx.ai/onnx/operators has each one's definition.

extension GraphCall {
  /// Two tensors of one type, element by element, with broadcasting; integers wrap around.
  func combined(
    _ floating: (Tensor, Tensor) -> Tensor, _ integer: (Int64, Int64) -> Int64
  ) throws -> Tensor {
    let (a, b) = (try input(0), try input(1))
    try require(a.dtype == b.dtype, "\(a.dtype) and \(b.dtype)", "two tensors of one type")
    let shape = try broadcast(a.shape, b.shape)
    if shape.elementCount == 0 { return Tensor(zeros: shape, dtype: a.dtype) }
    guard a.dtype == .int64 else { return floating(a, b) }
    let left = a.broadcast(to: shape).scalars(as: Int64.self)
    let right = b.broadcast(to: shape).scalars(as: Int64.self)
    return Tensor(zip(left, right).map { integer($0, $1) }, shape: shape)
  }

  /// max(0, x).
  func rectified() throws -> Tensor {
    let x = try input(0)
    guard x.dtype == .int64 else { return relu(x) }
    return Tensor(x.scalars(as: Int64.self).map { max(0, $0) }, shape: x.shape)
  }

  /// A function of whole rows: along one axis, or, before operator set 13, along all axes from one on.
  func normalized(_ function: (Tensor) -> Tensor) throws -> Tensor {
    let x = try floating(0)
    if x.count == 0 { return x }
    if operatorSet < 13 {
      let place = try integer("axis") ?? 1
      let first = place == x.rank ? place : try axis(place, rank: x.rank)
      return function(x.reshaped([x.shape[..<first].reduce(1, *), -1])).reshaped(x.shape)
    }
    let place = try axis(integer("axis") ?? -1, rank: max(x.rank, 1))
    if x.rank == 0 { return function(x.reshaped([1])).reshaped([]) }
    let last = x.rank - 1
    return function(x.transposed(place, last)).transposed(place, last)
  }

  /// The shape of an element-wise result.
  func broadcast(_ a: Shape, _ b: Shape) throws -> Shape {
    let rank = max(a.count, b.count)
    let left = Shape(repeating: 1, count: rank - a.count) + a
    let right = Shape(repeating: 1, count: rank - b.count) + b
    let shape = try zip(left, right).map { mine, theirs in
      try require(mine == theirs || mine == 1 || theirs == 1, "shapes \(a) and \(b)", "shapes that broadcast")
      return mine == 1 ? theirs : mine
    }
    return try proven(shape)
  }
}

// MARK: - Products

extension GraphCall {
  /// NumPy's `matmul`: vectors are rows or columns for the while, leading axes broadcast.
  func product() throws -> Tensor {
    let (a, b) = try operands()
    try require(a.rank > 0 && b.rank > 0, "shapes \(a.shape) and \(b.shape)", "at least one axis each")
    let left = a.rank == 1 ? a.reshaped([1, a.shape[0]]) : a
    let right = b.rank == 1 ? b.reshaped([b.shape[0], 1]) : b
    try require(
      left.shape[left.rank - 1] == right.shape[right.rank - 2], "shapes \(a.shape) and \(b.shape)",
      "[.., m, k] and [.., k, n]")
    var result = try right.rank == 2 ? flatProduct(left, right) : batchedProduct(left, right)
    if b.rank == 1 { result = result.reshaped(Shape(result.shape.dropLast())) }
    if a.rank == 1 {
      var shape = result.shape
      shape.remove(at: b.rank == 1 ? shape.count - 1 : shape.count - 2)
      result = result.reshaped(shape)
    }
    return result
  }

  /// `alpha A B + beta C`, A and B transposed as is said.
  func affineProduct() throws -> Tensor {
    var (a, b) = try operands()
    try require(a.rank == 2 && b.rank == 2, "shapes \(a.shape) and \(b.shape)", "two matrices")
    if try flag("transA") { a = a.transposed(0, 1) }
    let isTransposed = try flag("transB")
    let (alpha, beta) = (try number("alpha") ?? 1, try number("beta") ?? 1)
    let (depth, columns) = isTransposed ? (b.shape[1], b.shape[0]) : (b.shape[0], b.shape[1])
    try require(a.shape[1] == depth, "\(a.shape[1]) columns and \(depth) rows", "equal numbers")
    let shape = try proven([a.shape[0], columns])
    let bias = optional(2)
    if let bias {
      try require(
        bias.dtype == a.dtype && broadcast(bias.shape, shape) == shape, "a bias \(bias.dtype) \(bias.shape)",
        "\(a.dtype) that broadcasts to \(shape)")
    }
    if shape.elementCount == 0 { return Tensor(zeros: shape, dtype: a.dtype) }
    let isPlain = isTransposed && alpha == 1 && beta == 1 && bias.map { $0.shape == [columns] } ?? true
    if isPlain { return linear(a, b, bias) }
    var result = matmul(a, isTransposed ? b.transposed(0, 1) : b)
    if alpha != 1 { result = result * alpha }
    guard let bias, beta != 0 else { return result }
    return result + (beta == 1 ? bias : bias * beta)
  }

  private func operands() throws -> (Tensor, Tensor) {
    let (a, b) = (try floating(0), try floating(1))
    try require(a.dtype == b.dtype, "\(a.dtype) and \(b.dtype)", "two tensors of one type")
    return (a, b)
  }

  private func flatProduct(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    let shape = try proven(a.shape.dropLast() + [b.shape[1]])
    return shape.elementCount == 0 ? Tensor(zeros: shape, dtype: a.dtype) : matmul(a, b)
  }

  private func batchedProduct(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    let (rows, depth, columns) = (a.shape[a.rank - 2], a.shape[a.rank - 1], b.shape[b.rank - 1])
    let batch = try broadcast(Shape(a.shape.dropLast(2)), Shape(b.shape.dropLast(2)))
    let shape = try proven(batch + [rows, columns])
    if shape.elementCount == 0 { return Tensor(zeros: shape, dtype: a.dtype) }
    let left = a.broadcast(to: try proven(batch + [rows, depth])).reshaped([-1, rows, depth])
    let right = b.broadcast(to: try proven(batch + [depth, columns])).reshaped([-1, depth, columns])
    let parts = (0..<left.shape[0]).map { matmul(left[$0], right[$0]) }
    return Tensor.stacked(parts).reshaped(shape)
  }
}
