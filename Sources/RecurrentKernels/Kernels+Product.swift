extension Kernels {
  /// `C [rows, columns] = start + A [rows, depth] * B [depth, columns]`.
  ///
  /// Every output is one chain of fused multiply-adds over ascending depth, from `bias[column]` or from +0. With
  /// `segmented` (weight gradients) depth is cut into segments of 512, each a chain from +0; the segments are added
  /// in order, the first to the start.
  ///
  /// - Parameters:
  ///   - transposedA: A is stored `[depth, rows]`.
  ///   - transposedB: B is stored `[columns, depth]`.
  package static func product(
    _ dtype: DType, rows: Int, columns: Int, depth: Int, _ a: Operand, transposedA: Bool = false,
    _ b: Operand, transposedB: Bool = false, bias: AlignedMemory? = nil, into c: AlignedMemory,
    offset: Int = 0,
    segmented: Bool = false
  ) {
    let plan = ProductPlan(
      rows: rows, columns: columns, depth: depth, transposedA: transposedA, transposedB: transposedB,
      segment: segmented ? 512 : max(depth, 1))
    switch dtype {
    case .float32: plan.run(Float.self, a, b, bias, c, offset)
    case .float64: plan.run(Double.self, a, b, bias, c, offset)
    case .int64: preconditionFailure("Kernels.product: dtype is int64, expected float32 or float64")
    }
  }
}

private struct ProductPlan {
  let rows, columns, depth: Int
  let transposedA, transposedB: Bool
  let segment: Int

  func run<Scalar: KernelScalar>(
    _: Scalar.Type, _ a: Operand, _ b: Operand, _ bias: AlignedMemory?, _ c: AlignedMemory, _ offset: Int
  ) {
    let left = a.pointer(Scalar.self, count: rows * depth)
    let right = b.pointer(Scalar.self, count: depth * columns)
    let target = Operand(c, offset: offset).pointer(Scalar.self, count: rows * columns)
    let start = bias.map { Operand($0).pointer(Scalar.self, count: columns) }
    for row in 0..<rows {
      for column in 0..<columns {
        target[row * columns + column] = element(row, column, left, right, start?[column] ?? 0)
      }
    }
  }

  private func element<Scalar: KernelScalar>(
    _ row: Int, _ column: Int, _ left: UnsafeMutablePointer<Scalar>, _ right: UnsafeMutablePointer<Scalar>,
    _ start: Scalar
  ) -> Scalar {
    guard segment < depth else { return chain(row, column, left, right, start, 0..<depth) }
    var total = start
    for first in stride(from: 0, to: depth, by: segment) {
      total += chain(row, column, left, right, 0, first..<min(first + segment, depth))
    }
    return total
  }

  private func chain<Scalar: KernelScalar>(
    _ row: Int, _ column: Int, _ left: UnsafeMutablePointer<Scalar>, _ right: UnsafeMutablePointer<Scalar>,
    _ start: Scalar, _ range: Range<Int>
  ) -> Scalar {
    var accumulator = start
    for k in range {
      let x = transposedA ? left[k * rows + row] : left[row * depth + k]
      let y = transposedB ? right[column * depth + k] : right[k * columns + column]
      accumulator = accumulator.addingProduct(x, y)
    }
    return accumulator
  }
}
