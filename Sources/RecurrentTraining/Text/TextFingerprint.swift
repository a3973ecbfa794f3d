/// Tells a text from others: its length and a hash of its ids (FNV-1a of 64 bits, an id at a time).
struct TextFingerprint: Equatable, CustomStringConvertible {
  let count: Int
  let hash: UInt64

  init(_ ids: [Int64]) {
    count = ids.count
    hash = ids.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64(bitPattern: $1)) &* 0x100_0000_01B3 }
  }

  init(metadata: [String: String]) throws {
    let reader = MetadataReader(entries: metadata)
    count = try reader.value("text_units", "a number of units") { Int($0) }
    hash = try reader.value("text_hash", "a hexadecimal number of 64 bits") { UInt64($0, radix: 16) }
  }

  var metadata: [String: String] { ["text_units": "\(count)", "text_hash": String(hash, radix: 16)] }

  var description: String { "\(count) units with hash \(String(hash, radix: 16))" }
}
