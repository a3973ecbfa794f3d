import CRecurrentKernels

/// Rows of an input that are zeros but for a single one each, as the ids of a vocabulary become.
///
/// Multiplying by zero and adding changes nothing, so a product with such a row is a look-up, and its weights' gradient a
/// sum over the rows of each place: with the bits of the product as written, where all terms are finite and no
/// sum begins at -0.
struct OneHotRows {
  /// Where each row has its one, as uint32.
  private let places: AlignedMemory

  /// Rows too short or too few save less than it costs to look at them.
  private static let (leastColumns, leastRows) = (8, 16)

  /// Nil if some of `rows` rows is anything else. Other inputs are recognised by their first row.
  init?(_ x: Operand, rows: Int, columns: Int, _ dtype: DType) {
    guard rows >= Self.leastRows, columns >= Self.leastColumns else { return nil }
    places = AlignedMemory(byteCount: rows * 4, zeroed: false)
    let type = dtype == .float32 ? CRK_FLOAT32 : CRK_FLOAT64
    let found = crk_one_hot_places(
      Int32(type), x.address(dtype, count: rows * columns), rows, columns, places.pointer(0, UInt32.self))
    guard found != 0 else { return nil }
  }

  var pointer: UnsafePointer<UInt32> { UnsafePointer(places.pointer(0, UInt32.self)) }
}

extension PackedCell {
  /// Whether looking rows of W up has the bits of the product: W is finite and no bias is -0.
  var allowsOneHot: Bool {
    shape.dtype == .float32
      ? allowsOneHot(UInt32.self, infinity: Float.infinity.bitPattern)
      : allowsOneHot(UInt64.self, infinity: Double.infinity.bitPattern)
  }

  private func allowsOneHot<Bits: FixedWidthInteger>(_ type: Bits.Type, infinity: Bits) -> Bool {
    let weights = inputWeight.pointer(0, type)
    var infinite: Bits = 0
    for index in 0..<inputWeight.byteCount / MemoryLayout<Bits>.stride {
      infinite |= weights[index] & infinity == infinity ? 1 : 0
    }
    let (starts, minusZero) = (bias.pointer(0, type), 1 << (Bits.bitWidth - 1) as Bits)
    return infinite == 0
      && !(0..<bias.byteCount / MemoryLayout<Bits>.stride).contains { starts[$0] == minusZero }
  }
}
