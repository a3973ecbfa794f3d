import RecurrentKernels

/// Bytes that can be read from any place: a file or memory.
protocol ByteSource: Sendable {
  /// What the bytes are called in messages: the path.
  var name: String { get }
  /// The number of bytes.
  var byteCount: Int { get }
  /// Fills `buffer` with the bytes from `offset` on; returns how many there were.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int
  /// The bytes where they lie, to be taken as a tensor's memory; nil if they have to be read.
  func mapped(_ range: Range<Int>, alignment: Int) -> AlignedMemory?
}

extension ByteSource {
  func mapped(_ range: Range<Int>, alignment: Int) -> AlignedMemory? { nil }
}

/// A file on disk, read piece by piece straight to where the bytes are wanted.
///
/// A large file is mapped as well, for the large tensors in it. No other is: a mapped file that another process cuts
/// short kills the reader.
struct FileSource: ByteSource {
  /// The smallest file that is mapped, and the smallest tensor that stays in the mapping.
  private static let leastFile = 16 << 20, leastTensor = 1 << 20

  let name: String
  let byteCount: Int
  private let descriptor: FileDescriptor
  private let mapping: FileMapping?

  init(_ path: String) throws {
    descriptor = try FileDescriptor(opening: path, .reading)
    let status = try descriptor.status()
    guard status.kind == .file else {
      let found = status.kind == .folder ? "a folder" : "a device or pipe"
      throw FileError(.unreadable, at: .init(file: path), found: found, expected: "a file")
    }
    name = path
    byteCount = status.byteCount
    mapping = byteCount >= Self.leastFile ? FileMapping(descriptor, byteCount: byteCount) : nil
  }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    try descriptor.read(at: offset, into: buffer)
  }

  func mapped(_ range: Range<Int>, alignment: Int) -> AlignedMemory? {
    guard let mapping, range.count >= Self.leastTensor, range.lowerBound % alignment == 0 else { return nil }
    return AlignedMemory(UnsafeMutableRawBufferPointer(rebasing: mapping.bytes[range]), of: mapping)
  }
}

/// Bytes in memory.
struct MemorySource: ByteSource {
  let name: String
  let bytes: [UInt8]

  var byteCount: Int { bytes.count }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let end = min(offset + buffer.count, bytes.count)
    guard offset < end else { return 0 }
    bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<end])) }
    return end - offset
  }
}
