/// A file of tensors, of any format that is known here, told apart by its content.
///
/// ```swift
/// let file = try TensorFile(reading: "model.pt")
/// print(file.format, file.tensors.names)
/// ```
public struct TensorFile: Sendable {
  /// The formats.
  public enum Format: String, Sendable, CaseIterable {
    /// Hugging Face's format: named tensors and strings; see ``SafeTensors``.
    case safetensors
    /// NumPy's format for one array; see ``NPY``.
    case npy
    /// A zip file of NumPy arrays; see ``NPZ``.
    case npz
    /// PyTorch's: what `torch.save` writes, and TorchScript archives; see ``TorchFile``.
    case torch
    /// An ONNX model; its initializers are the tensors.
    case onnx
    /// RTNeural's JSON.
    case rtneural
    /// Neural Amp Modeler's JSON.
    case nam
  }

  /// The file's format.
  public let format: Format
  /// What the file holds. The one array of an npy file is called `array`.
  public let tensors: NamedTensors

  /// Reads the file at `path`, whatever its name ends in.
  ///
  /// - Throws: ``FileError``; of kind `signature` if the format is none of those known.
  /// - Complexity: O(bytes).
  public init(reading path: String) throws {
    try self.init(FileBytes(of: path))
  }

  /// Reads a file that is in memory; errors call it `name`.
  ///
  /// - Throws: ``FileError``; of kind `signature` if the format is none of those known.
  public init(decoding bytes: [UInt8], name: String = "bytes") throws {
    try self.init(FileBytes(bytes, name: name))
  }

  private init(_ file: FileBytes) throws {
    let reader = try Self.reader(of: file)
    format = reader.format
    tensors = try reader.read(file)
  }

  /// The tensors in the file at `path`; see ``init(reading:)``.
  ///
  /// - Throws: ``FileError``; of kind `signature` if the format is none of those known.
  /// - Complexity: O(bytes).
  public static func read(_ path: String) throws -> NamedTensors {
    try TensorFile(reading: path).tensors
  }

  /// The tensors in a file that is in memory; errors call it `name`.
  ///
  /// - Throws: ``FileError``; of kind `signature` if the format is none of those known.
  public static func decode(_ bytes: [UInt8], name: String = "bytes") throws -> NamedTensors {
    try TensorFile(decoding: bytes, name: name).tensors
  }

  /// The format of the file at `path`, by its content, without reading its tensors.
  ///
  /// - Throws: ``FileError``; of kind `signature` if the format is none of those known.
  public static func format(of path: String) throws -> Format {
    try reader(of: FileBytes(of: path)).format
  }
}

// MARK: - Telling formats apart

extension TensorFile {
  /// The readers, in the order in which they are asked: the strictest of those whose files may begin alike comes first
  /// (a safetensors header of 640 bytes begins as a pickle does). A new format adds one line.
  static var readers: [any TensorFileReader.Type] {
    [
      NPY.self,
      SafeTensors.self,
      TorchFile.self,
      NPZ.self,
      RTNeuralFile.self,
      NAMFile.self,
      OnnxModel.self,
    ]
  }

  private static func reader(of file: FileBytes) throws -> any TensorFileReader.Type {
    let start = try FileStart(file.source)
    // All other zip files are taken for NumPy's.
    if start.begins(with: "PK".utf8) { try OtherFile.refuse(start) }
    for reader in readers where try reader.recognizes(start) { return reader }
    try OtherFile.refuse(start)
    let known = readers.map { $0.format.rawValue }.joined(separator: ", ")
    let place = FileError.Place(file: file.source.name, byte: 0)
    throw FileError(.signature, at: place, found: "other bytes", expected: "one of \(known)")
  }
}

/// A format that ``TensorFile`` reads. Each type conforms in its own file.
protocol TensorFileReader {
  static var format: TensorFile.Format { get }

  /// Whether a file that begins so is of this format, or a damaged one of it.
  static func recognizes(_ start: FileStart) throws -> Bool

  static func read(_ file: FileBytes) throws -> NamedTensors
}

/// How a file begins, and the file, for those who need to look further.
struct FileStart {
  /// At most ``length`` bytes.
  let bytes: [UInt8]
  let source: any ByteSource

  static let length = 64

  init(_ source: any ByteSource) throws {
    var reader = ByteReader(source)
    bytes = try reader.read(min(Self.length, source.byteCount))
    self.source = source
  }

  /// Whether the file begins with these bytes.
  func begins(with signature: some Sequence<UInt8>) -> Bool { bytes.starts(with: signature) }

  /// The first key of the file's JSON object that is one of `keys`; nil if none is, or the file is no object.
  func firstKey(of keys: Set<String>) throws -> String? {
    guard isObject else { return nil }
    var cursor = try TextCursor(source)
    return try cursor.readKey(of: keys)
  }

  /// Whether the file begins like a JSON object, white space apart: `{`, and then a key or `}`.
  private var isObject: Bool {
    let signs = bytes.filter { $0 != 0x20 && !(0x09...0x0D).contains($0) }
    guard signs.first == UInt8(ascii: "{") else { return false }
    return signs.count == 1 || signs[1] == UInt8(ascii: "\"") || signs[1] == UInt8(ascii: "}")
  }
}
