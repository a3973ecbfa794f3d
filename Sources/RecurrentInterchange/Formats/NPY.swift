import RecurrentKernels
public import RecurrentTensors

/// NumPy's format for one array: `np.save` and `np.load`.
///
/// **Reading**: versions 1, 2 and 3; both byte orders; C and Fortran order; floating-point numbers of 2, 4 and 8
/// bytes, integers of 1 to 8 bytes, booleans. `f2` becomes float32, exactly, integers and booleans become int64.
/// Arrays of anything else are refused; those of objects hold pickled Python, which is never run.
///
/// **Writing**: version 1, C order, `<f4`, `<f8` or `<i8`, the bytes that `np.save` writes.
public enum NPY {
  /// Reads the array in the file at `path`.
  ///
  /// - Throws: ``FileError`` that names the file and the byte.
  /// - Complexity: O(bytes).
  public static func read(_ path: String) throws -> Tensor {
    var reader = ByteReader(try FileSource(path))
    return try readArray(from: &reader)
  }

  /// Reads a file that is in memory; errors call it `name`.
  ///
  /// - Throws: ``FileError``.
  public static func decode(_ bytes: [UInt8], name: String = "bytes") throws -> Tensor {
    var reader = ByteReader(MemorySource(name: name, bytes: bytes))
    return try readArray(from: &reader)
  }

  /// Writes the file at `path`, whole or not at all; see ``AtomicFile``.
  ///
  /// - Throws: ``FileError`` if the file cannot be written.
  public static func write(_ tensor: Tensor, to path: String) throws {
    try AtomicFile.write(path) { try write(tensor, to: $0) }
  }

  /// The bytes of the file that ``write(_:to:)`` writes.
  public static func encode(_ tensor: Tensor) -> [UInt8] {
    NPYHeader.bytes(for: tensor) + tensor.withElementBytes { [UInt8]($0) }
  }

  static func write(_ tensor: Tensor, to sink: some ByteSink) throws {
    try sink.write(NPYHeader.bytes(for: tensor))
    try sink.write(elementsOf: tensor)
  }

  /// Reads the array that fills the rest of `reader`.
  static func readArray(from reader: inout ByteReader) throws -> Tensor {
    let header = try NPYHeader(from: &reader)
    try header.prove(byteCount: reader.remaining, at: reader.place())
    guard header.isFortranOrder else {
      return try header.type.readTensor(from: &reader, shape: header.shape, bigEndian: header.isBigEndian)
    }
    // In Fortran order the first index runs fastest.
    let steps = header.shape.reduce(into: [1]) { $0.append($0.last! * $1) }
    let elements = StridedSource(
      name: reader.source.name, bytes: try reader.read(reader.remaining), type: header.type, offset: 0,
      shape: header.shape, strides: Array(steps.dropLast()))
    return try elements.readTensor(bigEndian: header.isBigEndian)
  }
}

extension NPY: TensorFileReader {
  static var format: TensorFile.Format { .npy }

  static func recognizes(_ start: FileStart) -> Bool { start.begins(with: [0x93] + Array("NUMPY".utf8)) }

  /// Reads the one array, under the name `array`.
  static func read(_ file: FileBytes) throws -> NamedTensors {
    var reader = ByteReader(file.source)
    var tensors = NamedTensors(metadata: [:], source: file.source.name)
    tensors["array"] = try readArray(from: &reader)
    return tensors
  }
}
