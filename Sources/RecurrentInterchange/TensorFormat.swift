/// A format of files that hold named tensors: ``SafeTensors``, ``NPZ``, ``TorchFile``.
///
/// ```swift
/// let tensors = try NPZ.read("arrays.npz")
/// try SafeTensors.write(tensors, to: "arrays.safetensors")
/// ```
///
/// A format says how bytes become tensors, and tensors bytes; files and memory are the same to it. ``TensorFile`` reads files
/// of any format.
public protocol TensorFormat {
  /// The tensors in a file.
  ///
  /// - Throws: ``FileError`` that names the file, the tensor and the byte.
  /// - Complexity: O(bytes) in time.
  static func read(_ file: FileBytes) throws -> NamedTensors

  /// Hands the bytes of a file with these tensors to `sink`. The same tensors give the same bytes.
  ///
  /// - Throws: ``FileError`` if the sink cannot be written, or the format has no room for the tensors.
  /// - Complexity: O(bytes) in time; O(names) in memory.
  static func write(_ tensors: NamedTensors, to sink: FileSink) throws
}

extension TensorFormat {
  /// Reads the file at `path`.
  ///
  /// - Throws: ``FileError`` that names the file, the tensor and the byte.
  /// - Complexity: O(bytes) in time.
  public static func read(_ path: String) throws -> NamedTensors {
    try read(FileBytes(of: path))
  }

  /// Reads a file that is in memory; errors call it `name`.
  ///
  /// - Throws: ``FileError`` that names the tensor and the byte.
  /// - Complexity: O(bytes) in time.
  public static func decode(_ bytes: [UInt8], name: String = "bytes") throws -> NamedTensors {
    try read(FileBytes(bytes, name: name))
  }

  /// Writes the file at `path`, whole or not at all; see ``AtomicFile``.
  ///
  /// - Throws: ``FileError`` if the file cannot be written, or the format has no room for the tensors.
  /// - Complexity: O(bytes) in time; O(names) in memory.
  public static func write(_ tensors: NamedTensors, to path: String) throws {
    try AtomicFile.write(path) { try write(tensors, to: $0) }
  }

  /// The bytes of the file that would be written.
  ///
  /// - Throws: ``FileError`` if the format has no room for the tensors.
  public static func encode(_ tensors: NamedTensors) throws -> [UInt8] {
    let sink = FileSink()
    try write(tensors, to: sink)
    return sink.bytes
  }
}

/// The bytes of a file, or bytes in memory, that a ``TensorFormat`` reads.
public struct FileBytes: Sendable {
  let source: any ByteSource

  /// The file at `path`, opened once and read as its bytes are wanted.
  ///
  /// - Throws: ``FileError`` of kind `missing` or `unreadable`.
  public init(of path: String) throws {
    source = try FileSource(path)
  }

  /// Bytes in memory; errors call them `name`.
  public init(_ bytes: [UInt8], name: String = "bytes") {
    source = MemorySource(name: name, bytes: bytes)
  }
}
