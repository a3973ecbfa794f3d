/// The bytes of a pickle, one instruction after the other. What follows the pickle stays unread.
struct PickleInput {
  private var reader: ByteReader
  private var piece: [UInt8] = []
  private var next = 0

  private static let pieceLength = 1 << 14

  init(_ reader: ByteReader) { self.reader = reader }

  /// The byte of the file that comes next.
  var position: Int { reader.position - (piece.count - next) }
  /// The number of bytes left.
  var remaining: Int { reader.remaining + (piece.count - next) }

  /// Where the next byte stands, for an error.
  var place: FileError.Place { FileError.Place(file: reader.source.name, byte: position) }

  mutating func readByte() throws -> UInt8 {
    if next == piece.count { try refill() }
    defer { next += 1 }
    return piece[next]
  }

  /// The next `count` bytes.
  mutating func read(_ count: Int) throws -> [UInt8] {
    guard count <= remaining else {
      throw FileError(.truncated, at: place, found: "\(remaining) bytes", expected: "\(count) bytes")
    }
    let ready = piece[next..<min(next + count, piece.count)]
    next += ready.count
    return ready.count == count ? Array(ready) : try ready + reader.read(count - ready.count)
  }

  mutating func readNumber<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) throws -> Number
  {
    try read(MemoryLayout<Number>.size).number(at: 0, as: type)
  }

  /// A number of 8 bytes, or nothing that could count bytes in this file.
  mutating func readCount() throws -> Int {
    let place = place
    let count = try readNumber(UInt64.self)
    guard count <= UInt64(remaining) else {
      throw FileError(.truncated, at: place, found: "\(remaining) bytes", expected: "\(count) bytes")
    }
    return Int(count)
  }

  /// Passes over `count` bytes.
  mutating func skip(_ count: Int) throws {
    guard count <= remaining else {
      throw FileError(.truncated, at: place, found: "\(remaining) bytes", expected: "\(count) bytes")
    }
    var left = count
    while left > 0 {
      let length = min(left, Self.pieceLength)
      _ = try read(length)
      left -= length
    }
  }

  /// The bytes up to a line feed, which is passed over.
  mutating func readLine() throws -> String {
    let start = place
    var line: [UInt8] = []
    while line.count <= PickleHeap.nameLimit {
      let byte = try readByte()
      if byte == 0x0A, let text = String(validating: line, as: UTF8.self), text.isStreamSafe { return text }
      line.append(byte)
    }
    throw FileError(
      .syntax, at: start, found: "no name",
      expected: "a line of at most \(PickleHeap.nameLimit) bytes in UTF-8")
  }

  private mutating func refill() throws {
    guard reader.remaining > 0 else {
      throw FileError(.truncated, at: place, found: "0 bytes", expected: "the rest of the pickle")
    }
    piece = try reader.read(min(Self.pieceLength, reader.remaining))
    next = 0
  }
}
