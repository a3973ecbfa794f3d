import CRecurrentKernels

// Sums are taken in one order on every machine: within a block of 4096 elements, element i goes to virtual lane
// i mod 16, ascending; the lanes are folded 16-8-4-2-1 by halves; block sums are added in order in double.

extension Kernels {
  /// The sum of `count` elements.
  package static func sum(_ dtype: DType, _ x: AlignedMemory, offset: Int = 0, count: Int) -> Double {
    reduce(CRK_SUM, dtype, x, offset, count)
  }

  /// The sum of the squares of `count` elements; each lane is a chain of fused multiply-adds.
  package static func sumOfSquares(_ dtype: DType, _ x: AlignedMemory, offset: Int = 0, count: Int) -> Double
  {
    reduce(CRK_SUM_OF_SQUARES, dtype, x, offset, count)
  }

  /// The greatest of `count` elements by `x > best ? x : best`, starting from -infinity: NaN is passed over.
  package static func maximum(_ dtype: DType, _ x: AlignedMemory, offset: Int = 0, count: Int) -> Double {
    reduce(CRK_MAXIMUM_OF, dtype, x, offset, count)
  }

  private static func reduce<Code: BinaryInteger>(
    _ code: Code, _ dtype: DType, _ x: AlignedMemory, _ offset: Int, _ count: Int
  ) -> Double {
    let source = Operand(x, offset: offset).address(dtype, count: count)
    defer { withExtendedLifetime(x) {} }
    return KernelTable.current(dtype).functions.reduce(Int32(code), source, count)
  }

  /// `y[r, c] = (x[r, c] - max_r) - log(sum_c exp(x[r, c] - max_r))`.
  package static func logSoftmax(
    _ dtype: DType, rows: Int, columns: Int, _ x: Operand, into y: AlignedMemory
  ) {
    precondition(x.stride == 1, "Kernels.logSoftmax: stride is 0, expected 1")
    let table = KernelTable.current(dtype)
    var (peaks, sums) = ([Double](repeating: 0, count: rows), [Double](repeating: 0, count: rows))
    table.functions.softmax_sums(x.address(dtype, count: rows * columns), rows, columns, &peaks, &sums)
    let scalar = AlignedMemory(dtype, count: 1)
    for row in 0..<rows {
      let (start, target) = (row * columns, Operand(y, offset: row * columns))
      store(dtype, peaks[row], into: scalar)
      let source = Operand(x.memory, offset: x.offset + start)
      binary(.subtract, dtype, source, Operand(scalar, stride: 0), into: y, offset: start, count: columns)
      store(dtype, log(sums[row]), into: scalar)
      binary(.subtract, dtype, target, Operand(scalar, stride: 0), into: y, offset: start, count: columns)
    }
  }

  /// One number, rounded to `dtype`, to be used for every element.
  package static func constant(_ dtype: DType, _ value: Double) -> Operand {
    let memory = AlignedMemory(dtype, count: 1)
    store(dtype, value, into: memory)
    return Operand(memory, stride: 0)
  }

  private static func store(_ dtype: DType, _ value: Double, into memory: AlignedMemory) {
    switch dtype {
    case .float32: memory[0, as: Float.self] = Float(value)
    case .float64: memory[0, as: Double.self] = value
    case .int64: memory[0, as: Int64.self] = Int64(value)
    }
  }
}
