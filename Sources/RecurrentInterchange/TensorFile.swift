/// Reads tensors from a file of any format that is known here, told apart by the file's first bytes.
public enum TensorFile {
  /// The formats, each with how its files begin.
  public enum Format: String, Sendable, CaseIterable {
    /// Hugging Face's format: named tensors and strings; see ``SafeTensors``.
    case safetensors
    /// NumPy's format for one array; see ``NPY``.
    case npy
    /// A zip file of NumPy arrays; see ``NPZ``.
    case npz
  }

  /// Reads the file at `path`, whatever its name ends in. The one array of an npy file is called `array`.
  ///
  /// - Throws: ``FileError``; of kind `signature` if the format is none of those known.
  /// - Complexity: O(bytes).
  public static func read(_ path: String) throws -> NamedTensors {
    let source = try FileSource(path)
    switch try format(of: source) {
    case .safetensors: return try SafeTensors.read(source)
    case .npz: return try NPZ.read(source)
    case .npy:
      var reader = ByteReader(source)
      var tensors = NamedTensors(metadata: [:], source: path)
      tensors["array"] = try NPY.readArray(from: &reader)
      return tensors
    }
  }

  /// The format of the file at `path`, by its first bytes.
  ///
  /// - Throws: ``FileError``; of kind `signature` if the format is none of those known.
  public static func format(of path: String) throws -> Format {
    try format(of: FileSource(path))
  }

  private static func format(of source: any ByteSource) throws -> Format {
    var reader = ByteReader(source)
    let start = try reader.read(min(9, source.byteCount))
    if start.starts(with: [0x93] + Array("NUMPY".utf8)) { return .npy }
    if start.starts(with: Array("PK".utf8)) { return .npz }
    if start.count == 9 && start[8] == UInt8(ascii: "{") { return .safetensors }
    let known = Format.allCases.map(\.rawValue).joined(separator: ", ")
    let place = FileError.Place(file: source.name, byte: 0)
    throw FileError(.signature, at: place, found: "other bytes", expected: "one of \(known)")
  }
}
