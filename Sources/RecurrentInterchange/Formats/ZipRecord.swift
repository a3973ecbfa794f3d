/// What a zip file's directory says of an entry.
struct ZipRecord {
  let name: String
  let method: ZipArchive.Method
  let flags: UInt16
  let checksum: UInt32
  private(set) var storedByteCount: Int
  private(set) var byteCount: Int
  private(set) var headerStart: Int

  /// Reads the next record of the directory.
  init(from reader: inout ByteReader) throws {
    let place = reader.place()
    let bytes = try reader.read(ZipFormat.centralLength)
    guard bytes.number(at: 0, as: UInt32.self) == ZipFormat.centralSignature else {
      throw FileError(.syntax, at: place, found: "other bytes", expected: "an entry of the directory")
    }
    let name = try reader.read(Int(bytes.number(at: 28, as: UInt16.self)))
    let extra = try reader.read(Int(bytes.number(at: 30, as: UInt16.self)))
    _ = try reader.read(Int(bytes.number(at: 32, as: UInt16.self)))
    self.name = try Self.decode(name, place)
    flags = bytes.number(at: 8, as: UInt16.self)
    method = try Self.method(bytes.number(at: 10, as: UInt16.self), flags, place)
    checksum = bytes.number(at: 16, as: UInt32.self)
    let fields = [24, 20, 42].map { bytes.number(at: $0, as: UInt32.self) }
    let values = try ZipExtra.resolve(fields, extra, place)
    (byteCount, storedByteCount, headerStart) = (values[0], values[1], values[2])
    if method == .stored && byteCount != storedByteCount {
      let found = "\(storedByteCount) bytes for \(byteCount)"
      throw FileError(.inconsistent, at: place, found: found, expected: "as many bytes stored as there are")
    }
  }

  /// Finds the entry's bytes behind its local header, which must say the same as the directory.
  func locate(in source: any ByteSource) throws -> ZipArchive.Entry {
    let place = FileError.Place(file: source.name, tensor: name, byte: headerStart)
    guard headerStart <= source.byteCount else {
      throw FileError(.offsets, at: place, found: "\(headerStart)", expected: "at most \(source.byteCount)")
    }
    var reader = ByteReader(source, in: headerStart..<source.byteCount)
    let bytes = try reader.read(ZipFormat.localLength)
    guard bytes.number(at: 0, as: UInt32.self) == ZipFormat.localSignature else {
      throw FileError(.syntax, at: place, found: "other bytes", expected: "a local header")
    }
    let localName = try reader.read(Int(bytes.number(at: 26, as: UInt16.self)))
    let extra = try reader.read(Int(bytes.number(at: 28, as: UInt16.self)))
    guard localName.elementsEqual(name.utf8) else {
      throw disagreement("another name", place)
    }
    try compare(bytes, extra, place)
    guard storedByteCount <= reader.remaining else {
      let expected = "\(storedByteCount) bytes"
      throw FileError(.truncated, at: place, found: "\(reader.remaining) bytes", expected: expected)
    }
    return ZipArchive.Entry(
      name: name, method: method, checksum: checksum, storedByteCount: storedByteCount, byteCount: byteCount,
      headerStart: headerStart, dataStart: reader.position)
  }

  private func compare(_ local: [UInt8], _ extra: [UInt8], _ place: FileError.Place) throws {
    guard local.number(at: 6, as: UInt16.self) == flags,
      local.number(at: 8, as: UInt16.self) == method.rawValue
    else { throw disagreement("other flags or another method", place) }
    // The writer did not know checksum and sizes yet: they follow the data, and the directory has them.
    if flags & ZipFormat.sizesFollow != 0 { return }
    let fields = [22, 18].map { local.number(at: $0, as: UInt32.self) }
    let values = try ZipExtra.resolve(fields, extra, place)
    guard values == [byteCount, storedByteCount], local.number(at: 14, as: UInt32.self) == checksum else {
      throw disagreement("another size or checksum", place)
    }
  }

  private func disagreement(_ found: String, _ place: FileError.Place) -> FileError {
    FileError(
      .inconsistent, at: place, found: "\(found) in the local header", expected: "what the directory says")
  }

  private static func decode(_ bytes: [UInt8], _ place: FileError.Place) throws -> String {
    guard let name = String(validating: bytes, as: UTF8.self), ZipArchive.isSafe(name) else {
      let found = String(decoding: bytes, as: UTF8.self).quoted
      throw FileError(.name, at: place, found: found, expected: "a relative path in UTF-8 without . and ..")
    }
    return name
  }

  private static func method(_ number: UInt16, _ flags: UInt16, _ place: FileError.Place) throws
    -> ZipArchive.Method
  {
    guard flags & ~ZipFormat.allowedFlags == 0 else {
      throw FileError(
        .encryption, at: place, found: "flags 0x\(String(flags, radix: 16))", expected: "a plain entry")
    }
    guard let method = ZipArchive.Method(rawValue: number) else {
      throw FileError(
        .compression, at: place, found: "method \(number)", expected: "0 (stored) or 8 (deflated)")
    }
    return method
  }
}

/// The extra fields of a zip entry, of which only the one with 64-bit values matters.
private enum ZipExtra {
  /// The values of 32-bit fields; those that say so stand, in the same order, in the zip64 extra field.
  static func resolve(_ fields: [UInt32], _ extra: [UInt8], _ place: FileError.Place) throws -> [Int] {
    guard fields.contains(ZipFormat.inExtraField) else { return fields.map { Int($0) } }
    let wide = try find(ZipFormat.zip64Field, in: extra, place)
    var position = 0
    return try fields.map { field in
      guard field == ZipFormat.inExtraField else { return Int(field) }
      guard position + 8 <= wide.count,
        let value = Int(exactly: wide.number(at: position, as: UInt64.self)), value < Int.max / 4
      else {
        throw FileError(.syntax, at: place, found: "\(wide.count) bytes of zip64 values", expected: "a size")
      }
      position += 8
      return value
    }
  }

  private static func find(_ kind: UInt16, in extra: [UInt8], _ place: FileError.Place) throws -> [UInt8] {
    var position = 0
    while position + 4 <= extra.count {
      let end = position + 4 + Int(extra.number(at: position + 2, as: UInt16.self))
      guard end <= extra.count else { break }
      if extra.number(at: position, as: UInt16.self) == kind { return Array(extra[(position + 4)..<end]) }
      position = end
    }
    throw FileError(
      .syntax, at: place, found: "no zip64 values", expected: "the extra field that the sizes refer to")
  }
}
