import CRecurrentKernels

extension Kernels {
  /// `C [rows, columns] = start + A [rows, depth] * B [depth, columns]`.
  ///
  /// Every output is one chain of fused multiply-adds over ascending depth, from `bias[column]` or from +0. With
  /// `segmented` (weight gradients) depth is cut into segments of 512, each a chain from +0; the segments are added
  /// in order.
  ///
  /// - Parameters:
  ///   - transposedA: A is stored `[depth, rows]`.
  ///   - transposedB: B is stored `[columns, depth]`.
  /// - Precondition: a segmented product has no bias.
  package static func product(
    _ dtype: DType, rows: Int, columns: Int, depth: Int, _ a: Operand, transposedA: Bool = false,
    _ b: Operand, transposedB: Bool = false, bias: AlignedMemory? = nil, into c: AlignedMemory,
    offset: Int = 0,
    segmented: Bool = false
  ) {
    precondition(!segmented || bias == nil, "Kernels.product: a segmented product has no bias")
    _ = a.address(dtype, count: rows * depth)
    _ = b.address(dtype, count: depth * columns)
    let target = Operand(c, offset: offset)
    _ = target.address(dtype, count: rows * columns)
    if segmented {
      let left = transposedA ? a : transposed(dtype, a, rows: rows, columns: depth)
      let right = transposedB ? transposed(dtype, b, rows: columns, columns: depth) : b
      weightGradient(dtype, rows: rows, columns: columns, depth: depth, left, right, into: target)
    } else {
      let left = transposedA ? transposed(dtype, a, rows: depth, columns: rows) : a
      let pack = transposedB ? Packing.rows : Packing.columns
      let right = pack(b.memory, b.offset, columns, depth, dtype, .current(dtype))
      packedProduct(dtype, rows: rows, columns: columns, depth: depth, left, right, bias: bias, into: target)
    }
  }

  /// Rows are shared among threads.
  private static func packedProduct(
    _ dtype: DType, rows: Int, columns: Int, depth: Int, _ a: Operand, _ b: AlignedMemory,
    bias: AlignedMemory?,
    into c: Operand
  ) {
    let (table, width) = (KernelTable.current(dtype), dtype.byteWidth)
    let start = bias.map { paddedBias(dtype, $0, columns) }
    let parts = Parallel.parts(rows, grain: 48)
    Parallel.run(tasks: parts) { part in
      let range = Parallel.range(part, of: parts, count: rows)
      var call = crk_product()
      call.rows = range.count
      call.columns = columns
      call.runs = 1
      call.run_length = depth
      call.a = UnsafeRawPointer(a.memory.base + (a.offset + range.lowerBound * depth) * width)
      call.a_stride = depth
      call.b = UnsafeRawPointer(b.base)
      call.bias = start.map { UnsafeRawPointer($0.base) }
      call.c = c.memory.base + (c.offset + range.lowerBound * columns) * width
      call.c_stride = columns
      call.start = bias == nil ? Int32(CRK_FROM_ZERO) : Int32(CRK_FROM_BIAS)
      table.functions.product(&call)
    }
    withExtendedLifetime((a, b, c, start)) {}
  }

  private static func weightGradient(
    _ dtype: DType, rows: Int, columns: Int, depth: Int, _ a: Operand, _ b: Operand, into c: Operand
  ) {
    var call = crk_gradient()
    call.columns = columns
    call.run_length = max(rows, 1)
    call.a = UnsafeRawPointer(a.memory.base + a.offset * dtype.byteWidth)
    call.a_stride = rows
    call.b = UnsafeRawPointer(b.memory.base + b.offset * dtype.byteWidth)
    call.b_stride = columns
    call.c = c.memory.base + c.offset * dtype.byteWidth
    call.c_stride = columns
    GradientProduct.run(GradientProduct(call: call, outputs: rows, rows: depth), dtype)
    withExtendedLifetime((a, b, c)) {}
  }

  private static func paddedBias(_ dtype: DType, _ bias: AlignedMemory, _ columns: Int) -> AlignedMemory {
    let padded = AlignedMemory(dtype, count: CellShape.padded(columns))
    padded.copyBytes(from: bias, byteCount: columns * dtype.byteWidth)
    return padded
  }

  private static func transposed(_ dtype: DType, _ x: Operand, rows: Int, columns: Int) -> Operand {
    let result = AlignedMemory(dtype, count: rows * columns)
    let source = AlignedMemory(dtype, count: rows * columns)
    let width = dtype.byteWidth
    source.copyBytes(from: x.memory, sourceByte: x.offset * width, byteCount: rows * columns * width)
    gather(dtype, source, shape: [columns, rows], strides: [1, columns], into: result)
    return Operand(result)
  }
}
