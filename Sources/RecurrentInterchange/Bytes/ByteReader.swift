import RecurrentKernels

/// A place in a range of bytes, moving forward. Nothing is allocated for bytes that are not there.
struct ByteReader {
  let source: any ByteSource
  private(set) var position: Int
  let end: Int
  /// The checksum of everything read so far, if it is wanted.
  private(set) var checksum: CRC32?

  init(_ source: any ByteSource, in range: Range<Int>? = nil, checksum: CRC32? = nil) {
    let range = range ?? 0..<source.byteCount
    precondition(
      range.lowerBound >= 0 && range.upperBound <= source.byteCount, "ByteReader: \(range) is outside")
    self.source = source
    self.checksum = checksum
    position = range.lowerBound
    end = range.upperBound
  }

  /// The number of bytes left.
  var remaining: Int { end - position }

  /// The next `count` bytes.
  mutating func read(_ count: Int) throws -> [UInt8] {
    try expect(count)
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBytes { try fill($0) }
    return bytes
  }

  /// The next `count` bytes as a tensor's memory: where they lie in a mapped file, unless their checksum is wanted, or
  /// else read straight into their place.
  mutating func readMemory(_ count: Int, alignment: Int) throws -> AlignedMemory {
    try expect(count)
    if checksum == nil, let memory = source.mapped(position..<position + count, alignment: alignment) {
      position += count
      return memory
    }
    let memory = AlignedMemory(byteCount: count, zeroed: false)
    try memory.write(UInt8.self, count: count) { span in
      try span.withUnsafeMutableBufferPointer { try fill(UnsafeMutableRawBufferPointer($0)) }
    }
    return memory
  }

  /// Where the reader stands, for an error.
  func place(tensor: String? = nil) -> FileError.Place {
    FileError.Place(file: source.name, tensor: tensor, byte: position)
  }

  private func expect(_ count: Int) throws {
    guard count <= remaining else {
      throw FileError(.truncated, at: place(), found: "\(remaining) bytes", expected: "\(count) bytes")
    }
  }

  private mutating func fill(_ buffer: UnsafeMutableRawBufferPointer) throws {
    let count = try source.read(at: position, into: buffer)
    guard count == buffer.count else {
      let found = "\(count) bytes: the file became shorter while it was read"
      throw FileError(.truncated, at: place(), found: found, expected: "\(buffer.count) bytes")
    }
    checksum?.update(UnsafeRawBufferPointer(buffer))
    position += count
  }
}

extension [UInt8] {
  /// The little-endian number at `offset`.
  func number<Number: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Number.Type) -> Number {
    precondition(offset >= 0 && offset + MemoryLayout<Number>.size <= count, "number: \(offset) is outside")
    return withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
  }

  /// Appends a number in little-endian order.
  mutating func append(littleEndian number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }
}
