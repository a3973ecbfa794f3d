// Operations on three and four elements at the same place, one element at a time: steps of cells' variants that are made of
// tensor operations are what fused kernels are tested against, so they are exact first and fast second.

extension Kernels {
  /// Writes `fma(a[i], b[i], c[i])` for `count` elements to `y`, which may be the memory of an operand.
  package static func multiplyAdd(
    _ dtype: DType, _ a: Operand, _ b: Operand, _ c: Operand, into y: AlignedMemory, count: Int
  ) {
    if dtype == .float32 {
      multiplyAdd(Float.self, a, b, c, into: y, count: count)
    } else {
      multiplyAdd(Double.self, a, b, c, into: y, count: count)
    }
  }

  private static func multiplyAdd<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ type: Element.Type, _ a: Operand, _ b: Operand, _ c: Operand, into y: AlignedMemory, count: Int
  ) {
    for i in 0..<count {
      y[i, as: type] = c.element(i, as: type).addingProduct(a.element(i, as: type), b.element(i, as: type))
    }
  }

  /// Writes `a[i] > b[i] ? p[i] : q[i]` for `count` elements to `y`, which may be the memory of an operand.
  package static func select(
    _ dtype: DType, _ a: Operand, isGreaterThan b: Operand, _ p: Operand, else q: Operand,
    into y: AlignedMemory, count: Int
  ) {
    if dtype == .float32 {
      select(Float.self, a, b, p, q, into: y, count: count)
    } else {
      select(Double.self, a, b, p, q, into: y, count: count)
    }
  }

  private static func select<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ type: Element.Type, _ a: Operand, _ b: Operand, _ p: Operand, _ q: Operand, into y: AlignedMemory,
    count: Int
  ) {
    for i in 0..<count {
      let isGreater = a.element(i, as: type) > b.element(i, as: type)
      y[i, as: type] = isGreater ? p.element(i, as: type) : q.element(i, as: type)
    }
  }
}

extension Operand {
  fileprivate func element<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ index: Int, as type: Element.Type
  ) -> Element {
    memory[offset + index * stride, as: type]
  }
}
