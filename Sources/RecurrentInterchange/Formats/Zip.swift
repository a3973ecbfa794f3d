/// A zip archive, its directory proven: every entry's bytes are in the file, and no two entries share any.
///
/// Entries are read, stored or deflated, never extracted; still a name that would lead out of a folder is refused.
/// Refused as well: comments and other bytes after the end record, encryption, several disks.
struct ZipArchive {
  struct Entry {
    let name: String
    let method: Method
    let checksum: UInt32
    /// The number of bytes in the archive, and after decompressing.
    let storedByteCount, byteCount: Int
    /// Where the local header begins.
    let headerStart: Int
    /// Where the bytes begin.
    let dataStart: Int

    var dataEnd: Int { dataStart + storedByteCount }
  }

  /// How an entry is compressed.
  enum Method: UInt16 {
    case stored = 0
    case deflated = 8
  }

  let source: any ByteSource
  let entries: [Entry]

  init(_ source: any ByteSource) throws {
    self.source = source
    let directory = try ZipDirectory(source)
    entries = try directory.records.map { try $0.locate(in: source) }
    try Self.proveApart(entries, end: directory.start, file: source.name)
  }

  /// Hands the bytes of an entry to `body`, and then makes sure that they are those that were written.
  ///
  /// `body` must read them all. A deflated entry may claim any size; `body` can trust the size that it sees, for
  /// either it is small beside the archive, or the entry has been inflated once already to see that it is true.
  func read<Result>(_ entry: Entry, _ body: (inout ByteReader) throws -> Result) throws -> Result {
    let stored = ByteReader(source, in: entry.dataStart..<entry.dataEnd)
    guard entry.method == .deflated else { return try read(entry, source, from: entry.dataStart, body) }
    try proveSize(of: entry, stored)
    let inflating = InflatingSource(stored, byteCount: entry.byteCount)
    let result = try read(entry, inflating, from: 0, body)
    try inflating.finish()
    return result
  }

  private func read<Result>(
    _ entry: Entry, _ source: any ByteSource, from start: Int, _ body: (inout ByteReader) throws -> Result
  ) throws -> Result {
    var reader = ByteReader(source, in: start..<start + entry.byteCount, checksum: CRC32())
    let result = try body(&reader)
    precondition(reader.remaining == 0, "ZipArchive.read: \(reader.remaining) bytes were not read")
    let checksum = reader.checksum!.value
    guard checksum == entry.checksum else {
      let found = String(checksum, radix: 16)
      let expected = String(entry.checksum, radix: 16)
      throw FileError(.checksum, at: place(of: entry), found: found, expected: expected)
    }
    return result
  }

  /// Sizes beyond what deflate can do are refused at once. Sizes up to four times the stored bytes and a megabyte are
  /// believed. For those between, the entry is inflated and forgotten first: memory follows bytes that are there.
  private func proveSize(of entry: Entry, _ stored: ByteReader) throws {
    let highest = entry.storedByteCount.multipliedReportingOverflow(by: InflatingSource.highestRatio)
    guard highest.overflow || entry.byteCount <= highest.partialValue else {
      throw FileError(
        .compression, at: place(of: entry), found: "\(entry.byteCount) bytes in \(entry.storedByteCount)",
        expected: "at most \(highest.partialValue), the most that deflate can do",
        advice: "the file is damaged or means harm: export it again")
    }
    if entry.byteCount <= 4 * entry.storedByteCount + (1 << 20) { return }
    try InflatingSource(stored, byteCount: entry.byteCount).proveLength()
  }

  private func place(of entry: Entry) -> FileError.Place {
    FileError.Place(file: source.name, tensor: entry.name, byte: entry.dataStart)
  }

  private static func proveApart(_ entries: [Entry], end: Int, file: String) throws {
    var lastEnd = 0
    for entry in entries.sorted(by: { $0.headerStart < $1.headerStart }) {
      guard entry.headerStart >= lastEnd && entry.dataEnd <= end else {
        let place = FileError.Place(file: file, tensor: entry.name, byte: entry.headerStart)
        let found = "bytes \(entry.headerStart)..<\(entry.dataEnd)"
        throw FileError(.overlap, at: place, found: found, expected: "bytes within \(lastEnd)..<\(end)")
      }
      lastEnd = entry.dataEnd
    }
  }

  /// Whether a name stays inside of the folder that an archive would be extracted to.
  static func isSafe(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isPlain = name.unicodeScalars.allSatisfy {
      $0.value >= 0x20 && $0 != "\\" && $0 != ":" && $0.value != 0x7F
    }
    return isPlain && name.isStreamSafe && !parts.contains("") && !parts.contains(".")
      && !parts.contains("..")
  }
}
