/// Keras's own files, which are known but not read.
enum KerasFiles {
  /// Refuses HDF5 files, and the archives that `model.save` writes, with what to do instead.
  ///
  /// - Throws: ``FileError`` of kind `signature` if the file is one of them.
  static func refuse(_ start: FileStart) throws {
    let isHDF5 = start.begins(with: [0x89] + Array("HDF\r\n".utf8) + [0x1A, 0x0A])
    // A zip file's first record: its name begins at byte 30.
    let isKeras =
      start.begins(with: Array("PK\u{3}\u{4}".utf8)) && start.bytes.dropFirst(30).starts(with: entry)
    guard isHDF5 || isKeras else { return }
    throw FileError(
      .signature, at: .init(file: start.source.name, byte: 0),
      found: isHDF5 ? "an HDF5 file" : "an archive of Keras's model.save",
      expected: "a format that is read here",
      advice: "save its arrays: np.savez(path, **{w.path: w for w in model.weights})")
  }

  private static let entry = Array("metadata.json".utf8)
}
