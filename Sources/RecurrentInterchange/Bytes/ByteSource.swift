/// Bytes that can be read from any place: a file or memory.
protocol ByteSource: Sendable {
  /// What the bytes are called in messages: the path.
  var name: String { get }
  /// The number of bytes.
  var byteCount: Int { get }
  /// Fills `buffer` with the bytes from `offset` on; returns how many there were.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// A file on disk, read piece by piece straight to where the bytes are wanted.
///
/// Not mapped into memory: a mapped file that another process cuts short kills the reader.
struct FileSource: ByteSource {
  let name: String
  let byteCount: Int
  private let descriptor: FileDescriptor

  init(_ path: String) throws {
    descriptor = try FileDescriptor(opening: path, .reading)
    let status = try descriptor.status()
    guard status.kind == .file else {
      let found = status.kind == .folder ? "a folder" : "a device or pipe"
      throw FileError(.unreadable, at: .init(file: path), found: found, expected: "a file")
    }
    name = path
    byteCount = status.byteCount
  }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    try descriptor.read(at: offset, into: buffer)
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
