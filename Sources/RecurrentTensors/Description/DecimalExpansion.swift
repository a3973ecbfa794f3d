/// Every decimal digit of a finite number, for text that is rounded correctly (to nearest, ties to even on the exact
/// value), as Python's `format` does.
///
/// A double is m 2^q. For q >= 0 it is an integer; else it is m 5^-q / 10^-q: the digits of an integer, with a point
/// put in.
struct DecimalExpansion {
  /// The digits, most significant first, without leading zeros; empty for zero.
  private(set) var digits: [UInt8]
  /// How many of them stand before the point; may be negative, or more than there are.
  private(set) var pointPlace: Int
  let isNegative: Bool

  init(_ value: Double) {
    isNegative = value.sign == .minus
    let field = Int(value.bitPattern >> 52 & 0x7ff)
    let fraction = value.bitPattern & (1 << 52 - 1)
    var integer = NaturalNumber(field == 0 ? fraction : fraction | 1 << 52)
    let exponent = max(field, 1) - 1075
    for _ in 0..<max(exponent, 0) { integer.multiply(by: 2) }
    for _ in 0..<max(-exponent, 0) { integer.multiply(by: 5) }
    digits = integer.decimalDigits()
    pointPlace = digits.count - max(-exponent, 0)
  }

  /// With a fixed number of places after the point: Python's `.4f`.
  func fixed(places: Int) -> String {
    var digits = rounded(to: pointPlace + places)
    let missing = places + 1 - digits.count
    if missing > 0 { digits = [UInt8](repeating: 0, count: missing) + digits }
    let text = digits.map { String($0) }
    let whole = text.dropLast(places).joined()
    return sign + (places == 0 ? whole : whole + "." + text.suffix(places).joined())
  }

  /// With one digit before the point and an exponent of at least two digits: Python's `.4e`.
  func scientific(places: Int) -> String {
    var digits = rounded(to: places + 1)
    var exponent = digits.isEmpty ? 0 : pointPlace - 1
    // 9.99996 becomes 10.0000: one digit more.
    if digits.count > places + 1 {
      digits.removeLast()
      exponent += 1
    }
    let padding = [UInt8](repeating: 0, count: places + 1 - digits.count)
    let text = (digits + padding).map { String($0) }
    let power = String(exponent.magnitude)
    return sign + text[0] + "." + text.dropFirst().joined() + (exponent < 0 ? "e-" : "e+")
      + (power.count < 2 ? "0" + power : power)
  }

  private var sign: String { isNegative ? "-" : "" }

  /// The first `count` digits, rounded by what follows, zeros appended if there are fewer; one more after a carry out of
  /// the first.
  private func rounded(to count: Int) -> [UInt8] {
    guard !digits.isEmpty && count >= 0 else { return [] }
    guard count < digits.count else {
      return digits + [UInt8](repeating: 0, count: count - digits.count)
    }
    var kept = Array(digits[..<count])
    guard roundsUp(after: count) else { return kept }
    for place in kept.indices.reversed() {
      if kept[place] < 9 {
        kept[place] += 1
        return kept
      }
      kept[place] = 0
    }
    return [1] + kept
  }

  private func roundsUp(after count: Int) -> Bool {
    if digits[count] != 5 { return digits[count] > 5 }
    let isTie = digits[(count + 1)...].allSatisfy { $0 == 0 }
    return !isTie || count > 0 && digits[count - 1] % 2 == 1
  }
}

/// A natural number of any size, least significant word first.
private struct NaturalNumber {
  private var words: [UInt32]

  init(_ value: UInt64) { words = [UInt32(truncatingIfNeeded: value), UInt32(value >> 32)] }

  mutating func multiply(by factor: UInt64) {
    var carry: UInt64 = 0
    for index in words.indices {
      let product = UInt64(words[index]) * factor + carry
      words[index] = UInt32(truncatingIfNeeded: product)
      carry = product >> 32
    }
    if carry > 0 { words.append(UInt32(carry)) }
  }

  func decimalDigits() -> [UInt8] {
    var rest = self
    var reversed: [UInt8] = []
    while rest.words.contains(where: { $0 != 0 }) {
      var part = rest.divideByABillion()
      for _ in 0..<9 {
        reversed.append(UInt8(part % 10))
        part /= 10
      }
    }
    while reversed.last == 0 { reversed.removeLast() }
    return reversed.reversed()
  }

  /// Divides by 10^9 and returns the remainder.
  private mutating func divideByABillion() -> UInt32 {
    var remainder: UInt64 = 0
    for index in words.indices.reversed() {
      let part = remainder << 32 | UInt64(words[index])
      words[index] = UInt32(part / 1_000_000_000)
      remainder = part % 1_000_000_000
    }
    return UInt32(remainder)
  }
}
