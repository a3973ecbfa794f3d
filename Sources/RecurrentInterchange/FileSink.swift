/// Takes the bytes of a file that is being written; see ``AtomicFile/write(_:_:)``.
public final class FileSink: ByteSink {
  /// What the file is called in messages: the path that was asked for.
  let name: String
  /// nil if the file is made in memory.
  private let descriptor: FileDescriptor?
  private var pending: [UInt8] = []
  /// Small pieces are gathered up to this many bytes.
  private static let capacity = 1 << 16

  init(_ descriptor: FileDescriptor, name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  /// Keeps everything in memory.
  init() {
    descriptor = nil
    name = "bytes"
  }

  /// The file, if it is made in memory.
  var bytes: [UInt8] { pending }

  /// Adds bytes at the end of the file.
  ///
  /// - Throws: ``FileError`` of kind `unwritable` or `diskFull`.
  public func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write($0) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    if let descriptor {
      if pending.count + bytes.count > Self.capacity { try flush() }
      if bytes.count > Self.capacity { return try descriptor.write(bytes) }
    }
    pending.append(contentsOf: bytes)
  }

  /// Hands everything gathered so far to the system.
  func flush() throws {
    guard let descriptor else { return }
    try pending.withUnsafeBytes { try descriptor.write($0) }
    pending.removeAll(keepingCapacity: true)
  }
}
