// Sums are taken in one order on every machine: within a block of 4096 elements, element i goes to virtual lane
// i mod 16, ascending; the lanes are folded 16-8-4-2-1 by halves; block sums are added in order in double.

extension Kernels {
  /// The sum of `count` elements.
  package static func sum(_ dtype: DType, _ x: AlignedMemory, offset: Int = 0, count: Int) -> Double {
    switch dtype {
    case .float32: reduce(Float.self, x, offset, count) { $0 + $1 }
    case .float64: reduce(Double.self, x, offset, count) { $0 + $1 }
    case .int64: preconditionFailure("Kernels.sum: dtype is int64, expected float32 or float64")
    }
  }

  /// The sum of the squares of `count` elements; each lane is a chain of fused multiply-adds.
  package static func sumOfSquares(_ dtype: DType, _ x: AlignedMemory, offset: Int = 0, count: Int) -> Double
  {
    switch dtype {
    case .float32: reduce(Float.self, x, offset, count) { $0.addingProduct($1, $1) }
    case .float64: reduce(Double.self, x, offset, count) { $0.addingProduct($1, $1) }
    case .int64: preconditionFailure("Kernels.sumOfSquares: dtype is int64, expected float32 or float64")
    }
  }

  /// The greatest of `count` elements by `x > best ? x : best`, starting from -infinity: NaN is passed over.
  package static func maximum(_ dtype: DType, _ x: AlignedMemory, offset: Int = 0, count: Int) -> Double {
    switch dtype {
    case .float32: greatest(Float.self, x, offset, count)
    case .float64: greatest(Double.self, x, offset, count)
    case .int64: preconditionFailure("Kernels.maximum: dtype is int64, expected float32 or float64")
    }
  }

  /// `y[r, c] = (x[r, c] - max_r) - log(sum_c exp(x[r, c] - max_r))`.
  package static func logSoftmax(
    _ dtype: DType, rows: Int, columns: Int, _ x: Operand, into y: AlignedMemory
  ) {
    precondition(x.stride == 1, "Kernels.logSoftmax: stride is 0, expected 1")
    let exponentials = AlignedMemory(dtype, count: columns)
    for row in 0..<rows {
      let start = row * columns
      let peak = constant(dtype, maximum(dtype, x.memory, offset: x.offset + start, count: columns))
      let source = Operand(x.memory, offset: x.offset + start)
      binary(.subtract, dtype, source, peak, into: y, offset: start, count: columns)
      let shifted = Operand(y, offset: start)
      unary(.exp, dtype, shifted, into: exponentials, count: columns)
      let logarithm = constant(dtype, log(sum(dtype, exponentials, count: columns)))
      binary(.subtract, dtype, shifted, logarithm, into: y, offset: start, count: columns)
    }
  }

  /// One number, rounded to `dtype`, to be used for every element.
  package static func constant(_ dtype: DType, _ value: Double) -> Operand {
    let memory = AlignedMemory(dtype, count: 1)
    switch dtype {
    case .float32: memory[0, as: Float.self] = Float(value)
    case .float64: memory[0, as: Double.self] = value
    case .int64: memory[0, as: Int64.self] = Int64(value)
    }
    return Operand(memory, stride: 0)
  }
}

extension Kernels {
  private static func reduce<Scalar: KernelScalar>(
    _: Scalar.Type, _ x: AlignedMemory, _ offset: Int, _ count: Int, _ accumulate: (Scalar, Scalar) -> Scalar
  ) -> Double {
    let source = Operand(x, offset: offset).pointer(Scalar.self, count: count)
    var total = 0.0
    for block in stride(from: 0, to: count, by: 4096) {
      total += Double(blockSum(source + block, min(4096, count - block), accumulate))
    }
    return total
  }

  private static func blockSum<Scalar: KernelScalar>(
    _ source: UnsafeMutablePointer<Scalar>, _ count: Int, _ accumulate: (Scalar, Scalar) -> Scalar
  ) -> Scalar {
    withUnsafeTemporaryAllocation(of: Scalar.self, capacity: 16) { lanes in
      lanes.initialize(repeating: 0)
      for index in 0..<count { lanes[index & 15] = accumulate(lanes[index & 15], source[index]) }
      var half = 8
      while half > 0 {
        for lane in 0..<half { lanes[lane] += lanes[lane + half] }
        half /= 2
      }
      return lanes[0]
    }
  }

  private static func greatest<Scalar: KernelScalar>(
    _: Scalar.Type, _ x: AlignedMemory, _ offset: Int, _ count: Int
  ) -> Double {
    let source = Operand(x, offset: offset).pointer(Scalar.self, count: count)
    var best = -Scalar.infinity
    for index in 0..<count where source[index] > best { best = source[index] }
    return Double(best)
  }
}
