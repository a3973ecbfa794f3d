/// Writes a zip file of stored entries, in order. The same entries give the same bytes.
///
/// 64-bit records are written only for what needs them.
struct ZipWriter {
  private let sink: FileSink
  /// Sizes and offsets from here on are written in 64 bits. Lower only in tests.
  private let narrowLimit: Int
  private var position = 0
  private var entryCount = 0
  private var directory: [UInt8] = []

  init(_ sink: FileSink, narrowLimit: Int = Int(ZipFormat.inExtraField)) {
    self.sink = sink
    self.narrowLimit = narrowLimit
  }

  /// Adds an entry; `body` is run twice, and must write the same bytes each time.
  ///
  /// The entry's bytes begin at a multiple of `alignment`.
  mutating func add(_ name: String, alignment: Int = 1, _ body: (any ByteSink) throws -> Void) throws {
    let measure = ChecksumSink()
    try body(measure)
    let size = measure.byteCount
    let common = commonFields(name, measure)
    var localExtra = extraField([size, size].filter { _ in isWide(size) })
    let unpadded = position + ZipFormat.localLength + name.utf8.count + localExtra.count
    localExtra += Self.padding(unpadded, to: alignment)
    var local: [UInt8] = []
    local.append(littleEndian: ZipFormat.localSignature)
    local += common
    local.append(littleEndian: UInt16(localExtra.count))
    local += name.utf8
    local += localExtra
    addToDirectory(name, common, size)
    try sink.write(local)
    try body(sink)
    position += local.count + size
  }

  /// Writes the directory.
  mutating func finish() throws {
    let start = position
    let wide = isWide(start) || isWide(directory.count) || entryCount >= 0xFFFF
    var end: [UInt8] = []
    if wide { end += endRecord64(start) }
    end.append(littleEndian: ZipFormat.endSignature)
    end.append(littleEndian: UInt32(0))
    for _ in 0..<2 { end.append(littleEndian: UInt16(wide ? 0xFFFF : entryCount)) }
    end.append(littleEndian: wide ? ZipFormat.inExtraField : UInt32(directory.count))
    end.append(littleEndian: wide ? ZipFormat.inExtraField : UInt32(start))
    end.append(littleEndian: UInt16(0))
    try sink.write(directory + end)
  }

  private func isWide(_ value: Int) -> Bool { value >= narrowLimit }

  private func narrow(_ value: Int) -> UInt32 { isWide(value) ? ZipFormat.inExtraField : UInt32(value) }

  /// The fields that local header and directory share, from the version to the length of the name.
  private func commonFields(_ name: String, _ measure: ChecksumSink) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt16(45))  // version 4.5 reads zip64
    bytes.append(littleEndian: UInt16(name.utf8.allSatisfy { $0 < 0x80 } ? 0 : 0x0800))
    bytes.append(littleEndian: ZipArchive.Method.stored.rawValue)
    bytes.append(littleEndian: UInt32(0x0021_0000))  // 1 January 1980, 0:00, the first moment that zip knows
    bytes.append(littleEndian: measure.checksum.value)
    for _ in 0..<2 { bytes.append(littleEndian: narrow(measure.byteCount)) }
    bytes.append(littleEndian: UInt16(name.utf8.count))
    return bytes
  }

  private func extraField(_ values: [Int]) -> [UInt8] {
    if values.isEmpty { return [] }
    var bytes: [UInt8] = []
    bytes.append(littleEndian: ZipFormat.zip64Field)
    bytes.append(littleEndian: UInt16(8 * values.count))
    for value in values { bytes.append(littleEndian: UInt64(value)) }
    return bytes
  }

  /// An extra field, of PyTorch's kind for padding, that brings what follows it to a multiple of `alignment`.
  private static func padding(_ position: Int, to alignment: Int) -> [UInt8] {
    if alignment == 1 { return [] }
    let count = (alignment - (position + 4) % alignment) % alignment
    var bytes = Array("FB".utf8)
    bytes.append(littleEndian: UInt16(count))
    return bytes + [UInt8](repeating: UInt8(ascii: "Z"), count: count)
  }

  private mutating func addToDirectory(_ name: String, _ common: [UInt8], _ size: Int) {
    let extra = extraField([size, size, position].filter(isWide))
    directory.append(littleEndian: ZipFormat.centralSignature)
    directory.append(littleEndian: UInt16(3 << 8 | 45))  // made on Unix
    directory += common
    directory.append(littleEndian: UInt16(extra.count))
    directory.append(littleEndian: UInt32(0))  // no comment, disk 0
    directory.append(littleEndian: UInt16(0))
    directory.append(littleEndian: UInt32(0o100644) << 16)  // a plain file, rw-r--r--
    directory.append(littleEndian: narrow(position))
    directory += name.utf8
    directory += extra
    entryCount += 1
  }

  private func endRecord64(_ start: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: ZipFormat.end64Signature)
    bytes.append(littleEndian: UInt64(ZipFormat.end64Length - 12))
    bytes.append(littleEndian: UInt16(3 << 8 | 45))
    bytes.append(littleEndian: UInt16(45))
    bytes.append(littleEndian: UInt64(0))  // disk 0, directory on disk 0
    for value in [entryCount, entryCount, directory.count, start] {
      bytes.append(littleEndian: UInt64(value))
    }
    bytes.append(littleEndian: ZipFormat.locator64Signature)
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: UInt64(start + directory.count))
    bytes.append(littleEndian: UInt32(1))
    return bytes
  }
}
