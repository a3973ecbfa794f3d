/// Files that people take for models and that are not read: each is told by how it begins, with what to do instead.
struct OtherFile {
  /// What the file is.
  let name: String
  let advice: String
  private let isMeant: (FileStart) -> Bool

  private init(_ name: String, _ advice: String, _ isMeant: @escaping (FileStart) -> Bool) {
    (self.name, self.advice, self.isMeant) = (name, advice, isMeant)
  }

  private init(_ name: String, _ advice: String, begins signature: String) {
    self.init(name, advice) { $0.begins(with: signature.utf8) }
  }

  /// Refuses a file that is one of them.
  ///
  /// - Throws: ``FileError`` of kind `signature`.
  static func refuse(_ start: FileStart) throws {
    guard let other = all.first(where: { $0.isMeant(start) }) else { return }
    throw FileError(
      .signature, at: .init(file: start.source.name, byte: 0), found: other.name,
      expected: "a format that is read here", advice: other.advice)
  }

  private static var all: [OtherFile] {
    let arrays = "save its arrays: np.savez(path, **{w.path: w for w in model.weights})"
    return [
      OtherFile("nothing: it is empty", "copy or export it again") { $0.bytes.isEmpty },
      OtherFile("an HDF5 file", arrays) { $0.begins(with: [0x89] + "HDF\r\n\u{1A}\n".utf8) },
      OtherFile("an archive of Keras's model.save", arrays) {
        $0.firstEntry?.hasPrefix("metadata.json") == true
      },
      OtherFile("an archive of torch.export", "save its weights: torch.save(program.state_dict, path)") {
        $0.firstEntry?.contains("/data/weights/") == true
      },
      OtherFile("a file that gzip compressed", "decompress it with gunzip") {
        // A safetensors header of 35,615 bytes begins alike.
        $0.begins(with: [0x1F, 0x8B]) && !SafeTensors.recognizes($0)
      },
      OtherFile(
        "what Git LFS leaves in a file's place", "fetch the file with git lfs pull",
        begins: "version https://git-lfs"),
      OtherFile("a web page", "download the file itself") { start in
        ["<!doctype html", "<html"].contains { start.text.lowercased().hasPrefix($0) }
      },
      OtherFile("a GGUF file", "export it as safetensors", begins: "GGUF"),
    ]
  }
}

extension FileStart {
  fileprivate var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The beginning of the name of a zip file's first entry, which stands at byte 30; nil if it is no zip file.
  fileprivate var firstEntry: String? {
    begins(with: "PK\u{3}\u{4}".utf8) ? String(decoding: bytes.dropFirst(30), as: UTF8.self) : nil
  }
}
