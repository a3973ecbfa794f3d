/// The signatures and lengths of a zip file's records (PKWARE APPNOTE 6.3.10, section 4.3).
enum ZipFormat {
  static let localSignature: UInt32 = 0x0403_4B50
  static let centralSignature: UInt32 = 0x0201_4B50
  static let endSignature: UInt32 = 0x0605_4B50
  static let end64Signature: UInt32 = 0x0606_4B50
  static let locator64Signature: UInt32 = 0x0706_4B50

  static let localLength = 30
  static let centralLength = 46
  static let endLength = 22
  static let end64Length = 56
  static let locator64Length = 20

  /// Stands in a 32-bit field whose value is in the zip64 extra field.
  static let inExtraField: UInt32 = 0xFFFF_FFFF
  /// The kind of extra field that holds 64-bit values.
  static let zip64Field: UInt16 = 1

  /// Sizes follow the data (bit 3), the name is UTF-8 (bit 11), and two bits about how deflate was told to work.
  static let allowedFlags: UInt16 = 0x080E
  static let sizesFollow: UInt16 = 0x0008
}

/// The list of entries at the end of a zip file.
struct ZipDirectory {
  /// Where the list begins.
  private(set) var start: Int
  private(set) var records: [ZipRecord] = []

  init(_ source: any ByteSource) throws {
    let end = try ZipEnd(source)
    start = end.directoryStart
    var reader = ByteReader(source, in: end.directoryStart..<end.directoryEnd)
    records.reserveCapacity(min(end.entryCount, reader.remaining / ZipFormat.centralLength))
    var names = Set<String>()
    while reader.remaining > 0 {
      let place = reader.place()
      let record = try ZipRecord(from: &reader)
      guard names.insert(record.name).inserted else {
        throw FileError(
          .duplicate, at: place, found: "\(record.name.quoted) again", expected: "every name once")
      }
      records.append(record)
    }
    guard records.count == end.entryCount else {
      let place = FileError.Place(file: source.name, byte: start)
      throw FileError(
        .inconsistent, at: place, found: "\(records.count) entries", expected: "\(end.entryCount)")
    }
  }
}

/// Where the list of entries is: the record at the very end of a zip file, and its 64-bit form before it.
private struct ZipEnd {
  var entryCount: Int
  var directoryStart: Int
  var directoryEnd: Int

  init(_ source: any ByteSource) throws {
    let start = source.byteCount - ZipFormat.endLength
    let place = FileError.Place(file: source.name, byte: max(start, 0))
    guard start >= 0 else {
      throw FileError(
        .truncated, at: place, found: "\(source.byteCount) bytes", expected: "at least \(ZipFormat.endLength)"
      )
    }
    var reader = ByteReader(source, in: start..<source.byteCount)
    let bytes = try reader.read(ZipFormat.endLength)
    guard bytes.number(at: 0, as: UInt32.self) == ZipFormat.endSignature,
      bytes.number(at: 20, as: UInt16.self) == 0
    else {
      throw FileError(
        .signature, at: place, found: "other bytes", expected: "a zip file's end record",
        advice: "it is not a zip file, it was cut off, or it has a comment")
    }
    entryCount = Int(bytes.number(at: 10, as: UInt16.self))
    directoryStart = Int(bytes.number(at: 16, as: UInt32.self))
    directoryEnd = directoryStart + Int(bytes.number(at: 12, as: UInt32.self))
    var limit = start
    if let end64 = try Self.find64(source, before: start) { limit = try read64(source, end64) }
    try prove(limit, bytes, place)
  }

  /// The list must end where the end records begin, and all of it must be on one disk.
  private func prove(_ limit: Int, _ bytes: [UInt8], _ place: FileError.Place) throws {
    guard directoryStart <= directoryEnd, directoryEnd == limit else {
      let found = "\(directoryStart)..<\(directoryEnd)"
      throw FileError(.offsets, at: place, found: found, expected: "a directory that ends at \(limit)")
    }
    guard bytes.number(at: 4, as: UInt32.self) == 0 else {
      throw FileError(.version, at: place, found: "an archive on several disks", expected: "one disk")
    }
  }

  /// Where the 64-bit record begins, if there is one.
  private static func find64(_ source: any ByteSource, before end: Int) throws -> Int? {
    let start = end - ZipFormat.locator64Length
    guard start >= ZipFormat.end64Length else { return nil }
    var reader = ByteReader(source, in: start..<end)
    let locator = try reader.read(ZipFormat.locator64Length)
    guard locator.number(at: 0, as: UInt32.self) == ZipFormat.locator64Signature else { return nil }
    let expected = start - ZipFormat.end64Length
    guard locator.number(at: 8, as: UInt64.self) == UInt64(expected) else {
      let place = FileError.Place(file: source.name, byte: start)
      let found = "\(locator.number(at: 8, as: UInt64.self))"
      throw FileError(.offsets, at: place, found: found, expected: "an end record at \(expected)")
    }
    return expected
  }

  /// Takes the values of the 64-bit record at `start`; returns `start`.
  private mutating func read64(_ source: any ByteSource, _ start: Int) throws -> Int {
    var reader = ByteReader(source, in: start..<source.byteCount)
    let bytes = try reader.read(ZipFormat.end64Length)
    let place = FileError.Place(file: source.name, byte: start)
    guard bytes.number(at: 0, as: UInt32.self) == ZipFormat.end64Signature else {
      throw FileError(.signature, at: place, found: "other bytes", expected: "a zip64 end record")
    }
    let values = [32, 40, 48].map { Int(exactly: bytes.number(at: $0, as: UInt64.self)) }
    guard let count = values[0], let size = values[1], let offset = values[2], size <= start, offset <= start
    else {
      throw FileError(.offsets, at: place, found: "numbers beyond the file", expected: "at most \(start)")
    }
    (entryCount, directoryStart, directoryEnd) = (count, offset, offset + size)
    return start
  }
}
