import RecurrentTensors

/// NumPy's format for several arrays: a zip file with an entry `NAME.npy` for each; `np.savez` and `np.load`.
///
/// **Reading**: stored entries and deflated ones (`np.savez_compressed`), 64-bit records too; every checksum is
/// verified. A size that an entry claims is believed up to four times its bytes in the file and a megabyte; beyond
/// that the entry is inflated once without being kept, before memory is taken for its array.
/// **Writing** does not compress; metadata is not kept, as the format has no place for it.
public enum NPZ: TensorFormat {
  /// The arrays in a file, in the order of the archive's directory.
  ///
  /// - Throws: ``FileError`` that names the file, the entry and the byte.
  /// - Complexity: O(bytes).
  public static func read(_ file: FileBytes) throws -> NamedTensors {
    let archive = try ZipArchive(file.source)
    var tensors = NamedTensors(metadata: [:], source: file.source.name)
    for entry in archive.entries {
      guard entry.name.hasSuffix(".npy") else {
        let place = FileError.Place(file: tensors.source, byte: entry.headerStart)
        throw FileError(.name, at: place, found: entry.name.quoted, expected: "entries that end in .npy")
      }
      let name = String(entry.name.dropLast(4))
      do {
        tensors[name] = try archive.read(entry) { try NPY.readArray(from: &$0) }
      } catch var error as FileError {
        error.place.tensor = name
        throw error
      }
    }
    return tensors
  }

  /// Hands the bytes of an archive with these arrays to `sink`.
  ///
  /// - Throws: ``FileError`` if the sink cannot be written, or a name cannot stand in an archive, such as `../x`.
  /// - Complexity: O(bytes) in time; O(names) in memory.
  public static func write(_ tensors: NamedTensors, to sink: FileSink) throws {
    try write(tensors, to: sink, narrowLimit: Int(ZipFormat.inExtraField))
  }

  /// Like ``encode(_:)``, with 64-bit records from a size of `narrowLimit` on, so that tests need no huge files.
  package static func encode(_ tensors: NamedTensors, narrowLimit: Int) throws -> [UInt8] {
    let sink = FileSink()
    try write(tensors, to: sink, narrowLimit: narrowLimit)
    return sink.bytes
  }

  private static func write(_ tensors: NamedTensors, to sink: FileSink, narrowLimit: Int) throws {
    try checkNames(tensors, file: sink.name)
    var writer = ZipWriter(sink, narrowLimit: narrowLimit)
    for (name, tensor) in tensors {
      try writer.add(name + ".npy") { try NPY.write(tensor, to: $0) }
    }
    try writer.finish()
  }

  private static func checkNames(_ tensors: NamedTensors, file: String) throws {
    for name in tensors.names where !ZipArchive.isSafe(name + ".npy") || name.utf8.count > 0xFF00 {
      throw FileError(
        .name, at: .init(file: file), found: name.quoted, expected: "a relative path without . and ..",
        advice: "rename it")
    }
  }
}

extension NPZ: TensorFileReader {
  static var format: TensorFile.Format { .npz }

  static func recognizes(_ start: FileStart) -> Bool { start.begins(with: "PK".utf8) }
}
