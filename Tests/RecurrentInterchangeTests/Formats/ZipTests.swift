import Recurrent
import Testing

/// Archives that break one rule each.
@Suite struct ZipTests {
  private static let array = NPY.encode(Tensor([1, 2]))

  private func expectArchiveError(
    _ kind: FileError.Kind, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout ZipFile.Entry) -> Void
  ) {
    var entry = ZipFile.Entry("x.npy", Self.array)
    change(&entry)
    expectError(kind, sourceLocation: sourceLocation) { try NPZ.decode(ZipFile.bytes([entry])) }
  }

  @Test func theArchiveMadeByHandIsFine() throws {
    #expect(try NPZ.decode(ZipFile.bytes([ZipFile.Entry("x.npy", Self.array)])).names == ["x"])
  }

  @Test func checksumsAreVerified() { expectArchiveError(.checksum) { $0.checksum ^= 1 } }

  @Test func encryptedEntriesAreRefused() { expectArchiveError(.encryption) { $0.flags = 1 } }

  @Test func unknownMethodsAreRefused() { expectArchiveError(.compression) { $0.method = 12 } }

  @Test func storedSizesMustAgree() { expectArchiveError(.inconsistent) { $0.byteCount += 1 } }

  @Test func directoryAndLocalHeaderMustAgree() {
    expectArchiveError(.inconsistent) { $0.localName = "y.npy" }
    expectArchiveError(.inconsistent) { $0.localByteCount = 1 }
  }

  @Test func entriesBeyondTheFileAreRefused() {
    expectArchiveError(.truncated) {
      ($0.byteCount, $0.storedByteCount, $0.localByteCount) = (9999, 9999, 9999)
    }
    expectArchiveError(.offsets) { $0.headerStart = 0x7FFF_FFFF }
  }

  @Test func entriesThatReachIntoTheDirectoryAreRefused() {
    expectArchiveError(.overlap) { entry in
      let size = entry.byteCount + 4
      (entry.byteCount, entry.storedByteCount, entry.localByteCount) = (size, size, size)
    }
  }

  @Test func entriesThatShareBytesAreRefused() {
    let first = ZipFile.Entry("x.npy", Self.array)
    var second = first
    // A quine-like bomb: many names for one entry's bytes.
    second.name = "x.npY"
    second.headerStart = 0
    second.isInDirectoryOnly = true
    expectError(.inconsistent) { try NPZ.decode(ZipFile.bytes([first, second])) }
    // An entry that begins in the other's data.
    var inner = ZipFile.Entry("x.npy", Self.array)
    inner.headerStart = 35
    inner.isInDirectoryOnly = true
    let outer = ZipFile.Entry("o.npy", ZipFile.local(inner) + Self.array)
    expectError(.overlap) { try NPZ.decode(ZipFile.bytes([outer, inner])) }
  }

  @Test func namesMustBeDistinct() {
    let entry = ZipFile.Entry("x.npy", Self.array)
    expectError(.duplicate) { try NPZ.decode(ZipFile.bytes([entry, entry])) }
  }

  @Test func theDirectoryMustHaveAsManyEntriesAsItSays() {
    let entry = ZipFile.Entry("x.npy", Self.array)
    expectError(.inconsistent) { try NPZ.decode(ZipFile.bytes([entry], entryCount: 2)) }
    expectError(.inconsistent) { try NPZ.decode(ZipFile.bytes([entry], entryCount: 0)) }
  }

  @Test func bytesBeforeAndAfterAreRefused() {
    let file = ZipFile.bytes([ZipFile.Entry("x.npy", Self.array)])
    expectError(.offsets) { try NPZ.decode([0] + file) }
    expectError(.signature) { try NPZ.decode(file + [0]) }
    expectError(.truncated) { try NPZ.decode([]) }
  }
}

/// Archives put together by hand, to break them.
enum ZipFile {
  struct Entry {
    var name, localName: String
    var data: [UInt8]
    var flags: UInt16 = 0
    var method: UInt16 = 0
    var checksum: UInt32
    var byteCount, storedByteCount, localByteCount: UInt32
    var headerStart: UInt32?
    var isInDirectoryOnly = false

    init(_ name: String, _ data: [UInt8] = [1, 2, 3]) {
      (self.name, localName, self.data) = (name, name, data)
      checksum = ZipFile.crc32(data)
      let count = UInt32(data.count)
      (byteCount, storedByteCount, localByteCount) = (count, count, count)
    }
  }

  static func bytes(_ entries: [Entry], entryCount: Int? = nil) -> [UInt8] {
    var (file, directory): ([UInt8], [UInt8]) = ([], [])
    for entry in entries {
      directory += central(entry, at: entry.headerStart ?? UInt32(file.count))
      if !entry.isInDirectoryOnly { file += local(entry) + entry.data }
    }
    let count = UInt16(entryCount ?? entries.count)
    let end = wide(0x0605_4B50) + wide(0) + narrow(count) + narrow(count) + wide(UInt32(directory.count))
    return file + directory + end + wide(UInt32(file.count)) + narrow(0)
  }

  static func local(_ entry: Entry) -> [UInt8] {
    wide(0x0403_4B50) + narrow(20) + narrow(entry.flags) + narrow(entry.method) + wide(0)
      + wide(entry.checksum) + wide(entry.localByteCount) + wide(entry.localByteCount)
      + narrow(UInt16(entry.localName.utf8.count)) + narrow(0) + Array(entry.localName.utf8)
  }

  private static func central(_ entry: Entry, at start: UInt32) -> [UInt8] {
    let sizes = wide(entry.checksum) + wide(entry.storedByteCount) + wide(entry.byteCount)
    return wide(0x0201_4B50) + narrow(20) + narrow(20) + narrow(entry.flags) + narrow(entry.method) + wide(0)
      + sizes + narrow(UInt16(entry.name.utf8.count)) + narrow(0) + narrow(0) + narrow(0) + narrow(0)
      + wide(0) + wide(start) + Array(entry.name.utf8)
  }

  private static func narrow(_ value: UInt16) -> [UInt8] { [UInt8(value & 0xFF), UInt8(value >> 8)] }

  private static func wide(_ value: UInt32) -> [UInt8] {
    narrow(UInt16(value & 0xFFFF)) + narrow(UInt16(value >> 16))
  }

  /// The checksum bit by bit, as an oracle for the tables.
  static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(0xFFFF_FFFF as UInt32) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in (crc >> 1) ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
  }
}
