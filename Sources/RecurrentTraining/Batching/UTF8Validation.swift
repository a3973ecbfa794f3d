/// Finds where bytes stop being UTF-8.
public enum UTF8Validation {
  /// The offset of the first byte that begins no well-formed sequence (The Unicode Standard, table 3-7), or
  /// nil if all of `bytes` is UTF-8.
  ///
  /// Overlong forms, surrogates, values above U+10FFFF and a sequence cut off at the end are ill-formed; the
  /// offset is that of the sequence's first byte.
  ///
  /// - Complexity: O(*n*).
  public static func firstInvalidByte(in bytes: [UInt8]) -> Int? {
    var index = 0
    while index < bytes.count {
      if bytes[index] < 0x80 {
        index += 1
      } else if let length = sequenceLength(of: bytes, at: index) {
        index += length
      } else {
        return index
      }
    }
    return nil
  }

  /// The length of the well-formed sequence of two to four bytes at `index`, or nil if there is none.
  private static func sequenceLength(of bytes: [UInt8], at index: Int) -> Int? {
    guard let (length, second) = form(leadingByte: bytes[index]), index + length <= bytes.count,
      second.contains(bytes[index + 1])
    else { return nil }
    for rest in (index + 2)..<max(index + length, index + 2) where bytes[rest] & 0xC0 != 0x80 {
      return nil
    }
    return length
  }

  /// The rows of table 3-7: how long a sequence is that starts with this byte, and what its second byte may be.
  private static func form(leadingByte: UInt8) -> (length: Int, second: ClosedRange<UInt8>)? {
    switch leadingByte {
    case 0xC2...0xDF: (2, 0x80...0xBF)
    case 0xE0: (3, 0xA0...0xBF)
    case 0xED: (3, 0x80...0x9F)
    case 0xE1...0xEF: (3, 0x80...0xBF)
    case 0xF0: (4, 0x90...0xBF)
    case 0xF1...0xF3: (4, 0x80...0xBF)
    case 0xF4: (4, 0x80...0x8F)
    default: nil
    }
  }
}
