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
    // The elements of an array in Fortran order are those of its transpose in C order.
    let shape = header.isFortranOrder ? header.shape.reversed() : header.shape
    let tensor = try header.type.readTensor(from: &reader, shape: shape, bigEndian: header.isBigEndian)
    return header.isFortranOrder ? tensor.reversingAxes() : tensor
  }
}

extension Tensor {
  /// The transpose: all axes in reverse order.
  fileprivate func reversingAxes() -> Tensor {
    let result = AlignedMemory(dtype, count: count)
    switch dtype {
    case .float32: copyReversingAxes(into: result, as: Float.self)
    case .float64: copyReversingAxes(into: result, as: Double.self)
    case .int64: copyReversingAxes(into: result, as: Int64.self)
    }
    return Tensor(adopting: result, shape: shape.reversed(), dtype: dtype)
  }

  /// Walks over the source in order, and keeps the place in the target: axis k moves it by the product of the
  /// sizes before k.
  private func copyReversingAxes<Scalar: TensorScalar>(into memory: AlignedMemory, as type: Scalar.Type) {
    var strides = shape
    var product = 1
    for axis in shape.indices { (strides[axis], product) = (product, product * shape[axis]) }
    var index = [Int](repeating: 0, count: rank)
    var place = 0
    storage.read(type, count: count) { source in
      memory.write(type, count: count) { target in
        for position in source.indices {
          target[place] = source[position]
          advance(&index, &place, strides)
        }
      }
    }
  }

  /// Counts `index` up by one, the last axis first.
  private func advance(_ index: inout [Int], _ place: inout Int, _ strides: [Int]) {
    for axis in shape.indices.reversed() {
      index[axis] += 1
      place += strides[axis]
      if index[axis] < shape[axis] { return }
      place -= index[axis] * strides[axis]
      index[axis] = 0
    }
  }
}
