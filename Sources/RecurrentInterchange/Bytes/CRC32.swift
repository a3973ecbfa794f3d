/// The checksum of zip files: CRC-32 of ISO 3309, polynomial 0xEDB88320 reflected.
///
/// Eight tables ("slicing by 8", Kounavis and Berry 2005) let eight bytes be taken at a time.
struct CRC32 {
  private var state: UInt32 = 0xFFFF_FFFF

  /// The checksum of all bytes so far.
  var value: UInt32 { state ^ 0xFFFF_FFFF }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let whole = bytes.count & ~7
    state = Self.tables.withUnsafeBufferPointer { tables in
      var crc = state
      for offset in stride(from: 0, to: whole, by: 8) {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        crc = Self.advance(crc, word, tables)
      }
      for offset in whole..<bytes.count {
        crc = (crc >> 8) ^ tables[Int((crc ^ UInt32(bytes[offset])) & 0xFF)]
      }
      return crc
    }
  }

  private static func advance(_ crc: UInt32, _ word: UInt64, _ tables: UnsafeBufferPointer<UInt32>) -> UInt32
  {
    let mixed = word ^ UInt64(crc)
    var result: UInt32 = 0
    for byte in 0..<8 {
      result ^= tables[(7 - byte) << 8 | Int((mixed >> UInt64(8 * byte)) & 0xFF)]
    }
    return result
  }

  /// `tables[k * 256 + b]` is the effect of byte b that is followed by k zero bytes.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
      tables[byte] = crc
    }
    for index in 256..<8 * 256 {
      let previous = tables[index - 256]
      tables[index] = (previous >> 8) ^ tables[Int(previous & 0xFF)]
    }
    return tables
  }()
}
