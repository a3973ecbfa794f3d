/// A zip archive, its directory proven: every entry's bytes are in the file, and no two entries share any.
///
/// Entries are read, never extracted; still a name that would lead out of a folder is refused.
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
  /// `body` must read them all.
  func read<Result>(_ entry: Entry, _ body: (inout ByteReader) throws -> Result) throws -> Result {
    let place = FileError.Place(file: source.name, tensor: entry.name, byte: entry.dataStart)
    guard entry.method == .stored else {
      throw FileError(
        .compression, at: place, found: "a deflated entry", expected: "a stored one",
        advice: "save it with np.savez instead of np.savez_compressed")
    }
    var reader = ByteReader(source, in: entry.dataStart..<entry.dataEnd, checksum: CRC32())
    let result = try body(&reader)
    precondition(reader.remaining == 0, "ZipArchive.read: \(reader.remaining) bytes were not read")
    let checksum = reader.checksum!.value
    guard checksum == entry.checksum else {
      let found = String(checksum, radix: 16)
      throw FileError(.checksum, at: place, found: found, expected: String(entry.checksum, radix: 16))
    }
    return result
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
    return isPlain && !parts.contains("") && !parts.contains(".") && !parts.contains("..")
  }
}
