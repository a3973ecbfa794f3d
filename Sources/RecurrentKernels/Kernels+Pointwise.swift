extension Kernels {
  /// Writes `op(x[i])` for `count` elements to `y` from `offset` on. `y` may be the memory of `x`.
  ///
  /// `relu` keeps NaN and the sign of zero: `x < 0 ? 0 : x`.
  package static func unary(
    _ op: UnaryOperation, _ dtype: DType, _ x: Operand, into y: AlignedMemory, offset: Int = 0, count: Int
  ) {
    switch dtype {
    case .float32: unaryLoop(op, Float.self, x, y, offset, count)
    case .float64: unaryLoop(op, Double.self, x, y, offset, count)
    case .int64: preconditionFailure("Kernels.unary: dtype is int64, expected float32 or float64")
    }
  }

  /// Writes `op(a[i], b[i])` for `count` elements to `y` from `offset` on. `y` may be the memory of `a` or `b`.
  package static func binary(
    _ op: BinaryOperation, _ dtype: DType, _ a: Operand, _ b: Operand, into y: AlignedMemory, offset: Int = 0,
    count: Int
  ) {
    switch dtype {
    case .float32: binaryLoop(op, Float.self, a, b, y, offset, count)
    case .float64: binaryLoop(op, Double.self, a, b, y, offset, count)
    case .int64: preconditionFailure("Kernels.binary: dtype is int64, expected float32 or float64")
    }
  }

  /// `y[i] = fma(scale, x[i], y[i])`, with `scale` rounded to `dtype` first.
  package static func scaledAdd(
    _ dtype: DType, _ x: Operand, scale: Double, into y: AlignedMemory, offset: Int = 0, count: Int
  ) {
    switch dtype {
    case .float32: scaledAddLoop(Float.self, x, Float(scale), y, offset, count)
    case .float64: scaledAddLoop(Double.self, x, scale, y, offset, count)
    case .int64: preconditionFailure("Kernels.scaledAdd: dtype is int64, expected float32 or float64")
    }
  }
}

extension Kernels {
  private static func unaryLoop<Scalar: KernelScalar>(
    _ op: UnaryOperation, _: Scalar.Type, _ x: Operand, _ y: AlignedMemory, _ offset: Int, _ count: Int
  ) {
    switch op {
    case .negate: map(x, y, offset, count) { (x: Scalar) in -x }
    case .absolute: map(x, y, offset, count) { (x: Scalar) in x.magnitude }
    case .squareRoot: map(x, y, offset, count) { (x: Scalar) in x.squareRoot() }
    case .reciprocal: map(x, y, offset, count) { (x: Scalar) in 1 / x }
    case .exp: map(x, y, offset, count) { (x: Scalar) in Scalar.exp(x) }
    case .log: map(x, y, offset, count) { (x: Scalar) in Scalar.log(x) }
    case .tanh: map(x, y, offset, count) { (x: Scalar) in Scalar.tanh(x) }
    case .sigmoid: map(x, y, offset, count) { (x: Scalar) in Scalar.sigmoid(x) }
    case .relu: map(x, y, offset, count) { (x: Scalar) in x < 0 ? 0 : x }
    case .square: map(x, y, offset, count) { (x: Scalar) in x * x }
    }
  }

  private static func binaryLoop<Scalar: KernelScalar>(
    _ op: BinaryOperation, _: Scalar.Type, _ a: Operand, _ b: Operand, _ y: AlignedMemory, _ offset: Int,
    _ count: Int
  ) {
    switch op {
    case .add: combine(a, b, y, offset, count) { (a: Scalar, b: Scalar) in a + b }
    case .subtract: combine(a, b, y, offset, count) { (a: Scalar, b: Scalar) in a - b }
    case .multiply: combine(a, b, y, offset, count) { (a: Scalar, b: Scalar) in a * b }
    case .divide: combine(a, b, y, offset, count) { (a: Scalar, b: Scalar) in a / b }
    case .greater: combine(a, b, y, offset, count) { (a: Scalar, b: Scalar) in a > b ? 1 : 0 }
    case .maximum: combine(a, b, y, offset, count) { (a: Scalar, b: Scalar) in a > b ? a : b }
    }
  }

  private static func scaledAddLoop<Scalar: KernelScalar>(
    _: Scalar.Type, _ x: Operand, _ scale: Scalar, _ y: AlignedMemory, _ offset: Int, _ count: Int
  ) {
    let target = Operand(y, offset: offset)
    combine(x, target, y, offset, count) { (x: Scalar, y: Scalar) in y.addingProduct(scale, x) }
  }

  private static func map<Scalar: KernelScalar>(
    _ x: Operand, _ y: AlignedMemory, _ offset: Int, _ count: Int, _ transform: (Scalar) -> Scalar
  ) {
    let source = x.pointer(Scalar.self, count: count)
    let target = Operand(y, offset: offset).pointer(Scalar.self, count: count)
    for index in 0..<count { target[index] = transform(source[index &* x.stride]) }
  }

  private static func combine<Scalar: KernelScalar>(
    _ a: Operand, _ b: Operand, _ y: AlignedMemory, _ offset: Int, _ count: Int,
    _ transform: (Scalar, Scalar) -> Scalar
  ) {
    let left = a.pointer(Scalar.self, count: count)
    let right = b.pointer(Scalar.self, count: count)
    let target = Operand(y, offset: offset).pointer(Scalar.self, count: count)
    for index in 0..<count {
      target[index] = transform(left[index &* a.stride], right[index &* b.stride])
    }
  }
}

extension Operand {
  /// The first element, after checking that `count` elements lie inside the block.
  func pointer<Element>(_ type: Element.Type, count: Int) -> UnsafeMutablePointer<Element> {
    let extent = count == 0 ? 0 : stride == 0 ? 1 : count
    precondition(
      count >= 0 && offset >= 0
        && (offset + extent) * MemoryLayout<Element>.stride <= max(memory.byteCount, 64),
      "Operand: elements \(offset)..<\(offset + extent) are outside of \(memory.byteCount) bytes")
    return memory.pointer(offset, type)
  }
}
