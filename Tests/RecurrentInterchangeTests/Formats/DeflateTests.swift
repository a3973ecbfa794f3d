import Recurrent
import Testing

/// Deflated entries that break one rule each.
@Suite struct DeflateTests {
  private static let array = NPY.encode(Tensor([1, 2]))

  /// A deflate stream of one block without compression (RFC 1951, section 3.2.4).
  private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    let count = UInt16(bytes.count)
    return [1, UInt8(count & 0xFF), UInt8(count >> 8), UInt8(~count & 0xFF), UInt8(~count >> 8)] + bytes
  }

  private static func entry(_ stream: [UInt8] = deflated(array), byteCount: Int = array.count)
    -> ZipFile.Entry
  {
    var entry = ZipFile.Entry("x.npy", stream)
    entry.method = 8
    // Sizes follow the data, so that the local header has none to disagree.
    entry.flags = 8
    entry.byteCount = UInt32(byteCount)
    entry.checksum = ZipFile.crc32(array)
    return entry
  }

  private func expectRefusal(
    _ kind: FileError.Kind, _ entry: ZipFile.Entry, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectError(kind, sourceLocation: sourceLocation) { try NPZ.decode(ZipFile.bytes([entry])) }
  }

  @Test func theStreamMadeByHandIsFine() throws {
    #expect(try NPZ.decode(ZipFile.bytes([Self.entry()]))["x"]!.scalars(as: Float.self) == [1, 2])
  }

  @Test func anArrayOfHighRatioIsReadAfterItsSizeIsProven() throws {
    let zeros = try NPZ.read(fixture("zeros.npz"))["zeros"]!
    #expect(zeros.shape == [5 << 17])
    #expect(zeros.scalars(as: Double.self).allSatisfy { $0 == 0 })
  }

  @Test func sizesBeyondWhatDeflateCanDoAreRefusedAtOnce() {
    expectRefusal(.compression, Self.entry(byteCount: 0xFFFF_FFF0))
  }

  @Test func sizesThatAreNotThereAreRefusedBeforeMemoryIsTaken() throws {
    // The directory and the array's header agree on more than the stream holds.
    var file = try bytes(of: fixture("zeros.npz"))
    let directory = try #require(file.lastIndexOf([0x50, 0x4B, 1, 2]))
    let size = UInt32(5_242_880 + 128 + 8)
    for byte in 0..<4 { file[directory + 24 + byte] = UInt8(size >> (8 * byte) & 0xFF) }
    // The local header says that sizes follow.
    file[6] |= 8
    file[directory + 8] |= 8
    expectError(.truncated) { try NPZ.decode(file) }
  }

  @Test func streamsOfAnotherLengthAreRefused() {
    expectRefusal(.truncated, Self.entry(Self.deflated(Array(Self.array.dropLast()))))
    expectRefusal(.trailing, Self.entry(Self.deflated(Self.array + [0])))
    expectRefusal(.trailing, Self.entry(Self.deflated(Self.array) + [0]))
    expectRefusal(.truncated, Self.entry(Array(Self.deflated(Self.array).dropLast())))
    expectRefusal(.truncated, Self.entry([0] + Self.deflated(Self.array).dropFirst()))
  }

  @Test func brokenStreamsAreRefused() {
    expectRefusal(.compression, Self.entry([7] + Self.deflated(Self.array)))
    expectRefusal(.compression, Self.entry([1, 5, 0, 5, 0] + Self.array))
  }

  @Test func checksumsAreVerified() {
    var entry = Self.entry()
    entry.checksum ^= 1
    expectRefusal(.checksum, entry)
  }
}

extension [UInt8] {
  fileprivate func lastIndexOf(_ pattern: [UInt8]) -> Int? {
    indices.reversed().first { self[$0...].starts(with: pattern) }
  }
}
