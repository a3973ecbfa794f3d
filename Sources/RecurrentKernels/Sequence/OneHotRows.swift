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
    let found =
      dtype == .float32
      ? find(x.pointer(UInt32.self, count: rows * columns), rows, columns, one: Float(1).bitPattern)
      : find(x.pointer(UInt64.self, count: rows * columns), rows, columns, one: Double(1).bitPattern)
    guard found else { return nil }
  }

  var pointer: UnsafePointer<UInt32> { UnsafePointer(places.pointer(0, UInt32.self)) }

  /// A row is one-hot if one element is not zero and the sum of all bits is that of 1.
  private func find<Bits: FixedWidthInteger>(
    _ x: UnsafeMutablePointer<Bits>, _ rows: Int, _ columns: Int, one: Bits
  ) -> Bool {
    let target = places.pointer(0, UInt32.self)
    for row in 0..<rows {
      let elements = x + row * columns
      var (sum, others, place): (Bits, Bits, Bits) = (0, 0, 0)
      for column in 0..<columns {
        let bits = elements[column]
        sum &+= bits
        others &+= bits == 0 ? 0 : 1
        place &+= bits == 0 ? 0 : Bits(truncatingIfNeeded: column)
      }
      guard sum == one, others == 1 else { return false }
      target[row] = UInt32(truncatingIfNeeded: place)
    }
    return true
  }
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
