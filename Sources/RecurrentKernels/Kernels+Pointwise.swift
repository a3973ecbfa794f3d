import CRecurrentKernels

extension Kernels {
  /// Writes `op(x[i])` for `count` elements to `y` from `offset` on. `y` may be the memory of `x`.
  ///
  /// `relu` keeps NaN and the sign of zero: `x < 0 ? 0 : x`.
  package static func unary(
    _ op: UnaryOperation, _ dtype: DType, _ x: Operand, into y: AlignedMemory, offset: Int = 0, count: Int
  ) {
    let source = x.address(dtype, count: count)
    let target = Operand(y, offset: offset).address(dtype, count: count)
    guard let code = op.code else { return logarithm(dtype, x, into: y, offset: offset, count: count) }
    KernelTable.current(dtype).functions.unary(code, source, x.stride, target, count)
    withExtendedLifetime((x, y)) {}
  }

  /// Writes `op(a[i], b[i])` for `count` elements to `y` from `offset` on. `y` may be the memory of `a` or `b`.
  package static func binary(
    _ op: BinaryOperation, _ dtype: DType, _ a: Operand, _ b: Operand, into y: AlignedMemory, offset: Int = 0,
    count: Int
  ) {
    let (left, right) = (a.address(dtype, count: count), b.address(dtype, count: count))
    let target = Operand(y, offset: offset).address(dtype, count: count)
    KernelTable.current(dtype).functions.binary(op.code, left, a.stride, right, b.stride, target, count)
    withExtendedLifetime((a, b, y)) {}
  }

  /// `y[i] = fma(scale, x[i], y[i])`, with `scale` rounded to `dtype` first.
  package static func scaledAdd(
    _ dtype: DType, _ x: Operand, scale: Double, into y: AlignedMemory, offset: Int = 0, count: Int
  ) {
    let source = x.address(dtype, count: count)
    let target = Operand(y, offset: offset).address(dtype, count: count)
    KernelTable.current(dtype).functions.scaled_add(scale, source, x.stride, target, count)
    withExtendedLifetime((x, y)) {}
  }

  /// Rare enough to be one element at a time: in double, rounded once.
  private static func logarithm(
    _ dtype: DType, _ x: Operand, into y: AlignedMemory, offset: Int, count: Int
  ) {
    for index in 0..<count {
      let from = x.offset + index * x.stride
      if dtype == .float32 {
        y[offset + index, as: Float.self] = Float(log(Double(x.memory[from, as: Float.self])))
      } else {
        y[offset + index, as: Double.self] = log(x.memory[from, as: Double.self])
      }
    }
  }
}

extension UnaryOperation {
  /// The operation's name in C; nil for the logarithm, which C does not have.
  fileprivate var code: Int32? {
    switch self {
    case .negate: Int32(CRK_NEGATE)
    case .absolute: Int32(CRK_ABSOLUTE)
    case .squareRoot: Int32(CRK_SQUARE_ROOT)
    case .reciprocal: Int32(CRK_RECIPROCAL)
    case .exp: Int32(CRK_EXP)
    case .log: nil
    case .tanh: Int32(CRK_TANH)
    case .sigmoid: Int32(CRK_SIGMOID)
    case .relu: Int32(CRK_RELU)
    case .square: Int32(CRK_SQUARE)
    case .softplus: Int32(CRK_SOFTPLUS)
    }
  }
}

extension BinaryOperation {
  var code: Int32 {
    switch self {
    case .add: Int32(CRK_ADD)
    case .subtract: Int32(CRK_SUBTRACT)
    case .multiply: Int32(CRK_MULTIPLY)
    case .divide: Int32(CRK_DIVIDE)
    case .greater: Int32(CRK_GREATER)
    case .maximum: Int32(CRK_MAXIMUM)
    }
  }
}

extension Operand {
  /// The first element, after checking that `count` elements lie inside the block.
  func pointer<Element>(_ type: Element.Type, count: Int) -> UnsafeMutablePointer<Element> {
    checkExtent(count, width: MemoryLayout<Element>.stride)
    return memory.pointer(offset, type)
  }

  /// The same without a type, for C.
  func address(_ dtype: DType, count: Int) -> UnsafeMutableRawPointer {
    checkExtent(count, width: dtype.byteWidth)
    return memory.base + offset * dtype.byteWidth
  }

  private func checkExtent(_ count: Int, width: Int) {
    let extent = count == 0 ? 0 : stride == 0 ? 1 : count
    precondition(
      count >= 0 && offset >= 0 && (offset + extent) * width <= max(memory.byteCount, 64),
      "Operand: elements \(offset)..<\(offset + extent) are outside of \(memory.byteCount) bytes")
  }
}
