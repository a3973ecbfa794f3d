import CRecurrentKernels

// Operations that move, convert or fold whole tensors; sums and products inside them are the vector kernels'.

extension Kernels {
  /// Applies `op` row by row: row r reads `columns` elements of `a` from `aRows[r]` and of `b` from `bRows[r]`.
  package static func binaryRows(
    _ op: BinaryOperation, _ dtype: DType, _ a: Operand, rows aRows: [Int], _ b: Operand, rows bRows: [Int],
    columns: Int, into y: AlignedMemory
  ) {
    precondition(aRows.count == bRows.count, "Kernels.binaryRows: \(aRows.count) and \(bRows.count) rows")
    let (kernel, code) = (KernelTable.current(dtype).functions.binary!, op.code)
    for row in aRows.indices {
      let left = Operand(a.memory, offset: a.offset + aRows[row], stride: a.stride)
      let right = Operand(b.memory, offset: b.offset + bRows[row], stride: b.stride)
      let target = Operand(y, offset: row * columns).address(dtype, count: columns)
      kernel(
        code, left.address(dtype, count: columns), a.stride, right.address(dtype, count: columns), b.stride,
        target, columns)
    }
    withExtendedLifetime((a, b, y)) {}
  }

  /// Sums `x [outer, length, inner]` over its middle axis into `y [outer, inner]`.
  ///
  /// With `inner` 1 every sum follows the rule of ``sum(_:_:offset:count:)``. Otherwise each output is one chain over
  /// ascending places, in segments of 512 that are added in order.
  package static func sumMiddle(
    _ dtype: DType, outer: Int, length: Int, inner: Int, _ x: AlignedMemory, into y: AlignedMemory
  ) {
    guard inner > 1 else {
      for row in 0..<outer {
        let total = sum(dtype, x, offset: row * length, count: length)
        copyElement(dtype, from: constant(dtype, total).memory, 0, to: y, row)
      }
      return
    }
    let kernel = KernelTable.current(dtype).functions.column_sums!
    for row in 0..<outer {
      let rows = Operand(x, offset: row * length * inner).address(dtype, count: length * inner)
      kernel(
        rows, inner, nil, length, nil, Operand(y, offset: row * inner).address(dtype, count: inner), inner)
    }
    withExtendedLifetime((x, y)) {}
  }

  /// The greatest element of `x [outer, length, inner]` along its middle axis, by ``BinaryOperation/maximum``.
  package static func maximumMiddle(
    _ dtype: DType, outer: Int, length: Int, inner: Int, _ x: AlignedMemory, into y: AlignedMemory
  ) {
    guard inner > 1 else {
      for row in 0..<outer {
        let best = maximum(dtype, x, offset: row * length, count: length)
        copyElement(dtype, from: constant(dtype, best).memory, 0, to: y, row)
      }
      return
    }
    let width = dtype.byteWidth
    for row in 0..<outer {
      let start = row * length * inner
      y.copyBytes(from: x, sourceByte: start * width, toByte: row * inner * width, byteCount: inner * width)
      for place in 1..<max(length, 1) {
        let next = Operand(x, offset: start + place * inner)
        let best = Operand(y, offset: row * inner)
        binary(.maximum, dtype, next, best, into: y, offset: row * inner, count: inner)
      }
    }
  }

  private static func copyElement(
    _ dtype: DType, from x: AlignedMemory, _ source: Int, to y: AlignedMemory, _ target: Int
  ) {
    let width = dtype.byteWidth
    y.copyBytes(from: x, sourceByte: source * width, toByte: target * width, byteCount: width)
  }

  /// Gathers elements: output place p, counted in row-major order of `shape`, reads the element at
  /// `sum over axes of index[axis] * strides[axis]`. This is every permutation of axes and every broadcast.
  package static func gather(
    _ dtype: DType, _ x: AlignedMemory, shape: [Int], strides: [Int], into y: AlignedMemory
  ) {
    if dtype.byteWidth == 4 {
      gatherLoop(UInt32.self, x, shape, strides, y)
    } else {
      gatherLoop(UInt64.self, x, shape, strides, y)
    }
  }

  private static func gatherLoop<Element: BitwiseCopyable>(
    _ type: Element.Type, _ x: AlignedMemory, _ shape: [Int], _ strides: [Int], _ y: AlignedMemory
  ) {
    let count = shape.reduce(1, *)
    guard count > 0 else { return }
    let reach = zip(shape, strides).reduce(0) { $0 + ($1.0 - 1) * $1.1 }
    let source = Operand(x).pointer(type, count: reach + 1)
    let target = Operand(y).pointer(type, count: count)
    let columns = shape.last ?? 1
    let step = strides.last ?? 0
    var index = [Int](repeating: 0, count: shape.count)
    var start = 0
    for row in 0..<count / columns {
      let line = target + row * columns
      for column in 0..<columns { line[column] = source[start + column * step] }
      start += advance(&index, shape, strides)
    }
  }

  /// Moves to the next row, all axes but the last; returns how far the source moves.
  private static func advance(_ index: inout [Int], _ shape: [Int], _ strides: [Int]) -> Int {
    var moved = 0
    for axis in stride(from: shape.count - 2, through: 0, by: -1) {
      index[axis] += 1
      moved += strides[axis]
      if index[axis] < shape[axis] { return moved }
      moved -= index[axis] * strides[axis]
      index[axis] = 0
    }
    return moved
  }

  /// Converts `count` elements, rounding to nearest; to int64 towards zero.
  ///
  /// - Precondition: a value that becomes an integer is finite and fits.
  package static func convert(
    _ x: AlignedMemory, _ from: DType, into y: AlignedMemory, _ to: DType, count: Int
  ) {
    switch from {
    case .float32: convertLoop(Float.self, x, y, to, count) { Double($0) }
    case .float64: convertLoop(Double.self, x, y, to, count) { $0 }
    case .int64: convertIntegers(x, y, to, count)
    }
  }

  private static func convertLoop<Element: BitwiseCopyable>(
    _ type: Element.Type, _ x: AlignedMemory, _ y: AlignedMemory, _ to: DType, _ count: Int,
    _ value: (Element) -> Double
  ) {
    let source = Operand(x).pointer(type, count: count)
    switch to {
    case .float32:
      let target = Operand(y).pointer(Float.self, count: count)
      for index in 0..<count { target[index] = Float(value(source[index])) }
    case .float64:
      let target = Operand(y).pointer(Double.self, count: count)
      for index in 0..<count { target[index] = value(source[index]) }
    case .int64:
      let target = Operand(y).pointer(Int64.self, count: count)
      for index in 0..<count { target[index] = Int64(value(source[index])) }
    }
  }

  private static func convertIntegers(_ x: AlignedMemory, _ y: AlignedMemory, _ to: DType, _ count: Int) {
    let source = Operand(x).pointer(Int64.self, count: count)
    switch to {
    case .float32:
      let target = Operand(y).pointer(Float.self, count: count)
      for index in 0..<count { target[index] = Float(source[index]) }
    case .float64:
      let target = Operand(y).pointer(Double.self, count: count)
      for index in 0..<count { target[index] = Double(source[index]) }
    case .int64: y.copyBytes(from: x, byteCount: count * 8)
    }
  }
}

extension AlignedMemory {
  /// Whether the first `count` bytes of both blocks are the same.
  package func hasEqualBytes(_ other: AlignedMemory, byteCount count: Int) -> Bool {
    read(UInt8.self, count: count) { mine in
      other.read(UInt8.self, count: count) { theirs in
        for index in mine.indices where mine[index] != theirs[index] { return false }
        return true
      }
    }
  }
}
