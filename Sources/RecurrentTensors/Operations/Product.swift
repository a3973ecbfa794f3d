import RecurrentKernels

/// The matrix product `c[.., i, j] = sum over k of a[.., i, k] b[k, j]`. PyTorch: `torch.matmul`.
///
/// Each element is one chain of fused multiply-adds over ascending k. da = g b^T; db = a^T g, over all rows of `a`, in
/// segments of 512.
///
/// - Parameters:
///   - a: `[.., m, k]` of any rank from 2 on, or a vector `[k]`.
///   - b: `[k, n]`.
/// - Returns: `[.., m, n]`, or `[n]`.
/// - Precondition: equal floating-point types and equal k.
/// - Complexity: O(m k n) in time for each leading index.
public func matmul(_ a: Tensor, _ b: Tensor) -> Tensor {
  precondition(
    a.rank >= 1 && b.rank == 2 && a.shape.last == b.shape.first,
    "matmul: the operands are \(a.shape) and \(b.shape), expected [.., m, k] and [k, n]")
  let (x, y, needsA, needsB) = (a.detached(), b.detached(), a.isWatched, b.isWatched)
  let (depth, columns) = (b.shape[0], b.shape[1])
  let rows = a.shape.dropLast().reduce(1, *)
  let product = MatrixProduct(rows: rows, columns: columns, depth: depth)
  return product.of(x, y, shape: a.shape.dropLast() + [columns]).recorded(from: a, b) { g in
    let da = MatrixProduct(rows: rows, columns: depth, depth: columns, transposedB: true)
    let db = MatrixProduct(rows: depth, columns: columns, depth: rows, transposedA: true, segmented: true)
    return [needsA ? da.of(g, y, shape: x.shape) : nil, needsB ? db.of(x, g, shape: y.shape) : nil]
  }
}

/// The affine map `y = x W^T + b`. PyTorch: `torch.nn.functional.linear`.
///
/// Each element is one chain of fused multiply-adds over ascending input, from the bias. dx = g W; dW = g^T x and
/// db = sum of g over all rows, in segments of 512.
///
/// - Parameters:
///   - x: `[.., I]`.
///   - weight: `[O, I]`.
///   - bias: `[O]`, or nil for zeros.
/// - Returns: `[.., O]`.
/// - Precondition: equal floating-point types; shapes as above.
/// - Complexity: O(rows I O) in time.
public func linear(_ x: Tensor, _ weight: Tensor, _ bias: Tensor? = nil) -> Tensor {
  precondition(
    x.rank >= 1 && weight.rank == 2 && x.shape.last == weight.shape[1],
    "linear: the input is \(x.shape) and the weight \(weight.shape), expected [.., I] and [O, I]")
  let (outputs, inputs) = (weight.shape[0], weight.shape[1])
  precondition(
    bias == nil || bias!.shape == [outputs],
    "linear: the bias is \(bias?.shape ?? []), expected [\(outputs)]")
  let (value, matrix) = (x.detached(), weight.detached())
  let (needsX, needsW, needsB) = (x.isWatched, weight.isWatched, bias?.isWatched == true)
  let rows = x.shape.dropLast().reduce(1, *)
  let map = MatrixProduct(rows: rows, columns: outputs, depth: inputs, transposedB: true)
  let y = map.of(value, matrix, bias: bias, shape: x.shape.dropLast() + [outputs])
  return y.recorded(from: [x, weight] + (bias.map { [$0] } ?? [])) { g in
    let dx = MatrixProduct(rows: rows, columns: inputs, depth: outputs)
    let dw = MatrixProduct(rows: outputs, columns: inputs, depth: rows, transposedA: true, segmented: true)
    return [
      needsX ? dx.of(g, matrix, shape: value.shape) : nil,
      needsW ? dw.of(g, value, shape: matrix.shape) : nil,
    ] + (bias == nil ? [] : [needsB ? g.summed(to: [outputs]) : nil])
  }
}

/// The extents and storage orders of one product.
private struct MatrixProduct {
  let rows, columns, depth: Int
  var transposedA = false
  var transposedB = false
  var segmented = false

  func of(_ a: Tensor, _ b: Tensor, bias: Tensor? = nil, shape: Shape) -> Tensor {
    precondition(
      a.dtype == b.dtype && a.dtype.isFloatingPoint && (bias == nil || bias!.dtype == a.dtype),
      "product: the operands are \(a.dtype) and \(b.dtype), expected one floating-point type")
    // A sum over no rows is not written by the kernel.
    return Tensor(made: shape, a.dtype, zeroed: depth == 0) {
      Kernels.product(
        a.dtype, rows: rows, columns: columns, depth: depth, Operand(a.memory), transposedA: transposedA,
        Operand(b.memory), transposedB: transposedB, bias: bias?.memory, into: $0, segmented: segmented)
    }
  }
}
