import RecurrentKernels
import RecurrentTensors

/// The header of a `.npy` file: `\x93NUMPY`, the version, a length, and a Python dictionary as text.
struct NPYHeader {
  let type: StoredType
  let isBigEndian: Bool
  let isFortranOrder: Bool
  let shape: Shape

  /// The longest text that is read: what version 1 can say.
  private static let lengthLimit = 0xFFFF
  private static let signature: [UInt8] = [0x93] + Array("NUMPY".utf8)

  init(from reader: inout ByteReader) throws {
    let text = try Self.readText(from: &reader)
    var cursor = TextCursor(text, file: reader.source.name, origin: reader.position - text.count)
    let place = cursor.place()
    let fields = try cursor.readPythonHeader()
    (type, isBigEndian) = try Self.parse(description: fields.description, place)
    (isFortranOrder, shape) = (fields.isFortranOrder, fields.shape)
  }

  /// Makes sure that the shape needs exactly the bytes that follow the header.
  func prove(byteCount: Int, at place: FileError.Place) throws {
    guard let count = shape.provenElementCount else {
      let expected = "at most \(maximumRank) dimensions and 2^63 bytes"
      throw FileError(.shape, at: place, found: "\(shape)", expected: expected)
    }
    guard byteCount == count * type.byteWidth else {
      let kind: FileError.Kind = byteCount < count * type.byteWidth ? .truncated : .trailing
      let expected = "\(count * type.byteWidth) for shape \(shape) of \(type)"
      throw FileError(kind, at: place, found: "\(byteCount) bytes", expected: expected)
    }
  }

  private static func readText(from reader: inout ByteReader) throws -> [UInt8] {
    let place = reader.place()
    guard reader.remaining >= 8, try reader.read(6) == signature else {
      throw FileError(.signature, at: place, found: "no \\x93NUMPY", expected: "an array saved by np.save")
    }
    let version = try reader.read(2)
    guard (1...3).contains(version[0]), version[1] == 0 else {
      throw FileError(.version, at: place, found: "\(version[0]).\(version[1])", expected: "1.0, 2.0 or 3.0")
    }
    let length =
      version[0] == 1
      ? Int(try reader.read(2).number(at: 0, as: UInt16.self))
      : Int(try reader.read(4).number(at: 0, as: UInt32.self))
    guard length <= min(lengthLimit, reader.remaining) else {
      let expected = "at most \(min(lengthLimit, reader.remaining))"
      throw FileError(.headerLength, at: reader.place(), found: "\(length)", expected: expected)
    }
    return try reader.read(length)
  }

  /// Takes apart NumPy's name of an element type, such as `<f4`.
  private static func parse(description: String, _ place: FileError.Place) throws -> (
    StoredType, bigEndian: Bool
  ) {
    let order = description.first
    if let order, let type = types[String(description.dropFirst())] {
      if order == "<" || order == ">" { return (type, order == ">") }
      if order == "|" && type.byteWidth == 1 { return (type, false) }
    }
    let advice =
      description.hasSuffix("O")
      ? "it holds pickled Python objects, which are never run: save it with a number type"
      : "convert it with .astype('<f4'), '<f8' or '<i8', and save it again"
    let expected = "floats of 2, 4 or 8 bytes, integers of 1 to 8 bytes, or booleans"
    throw FileError(.dtype, at: place, found: description.quoted, expected: expected, advice: advice)
  }

  private static let types: [String: StoredType] = [
    "f2": .float16, "f4": .float32, "f8": .float64, "b1": .bool, "i1": .int8, "i2": .int16, "i4": .int32,
    "i8": .int64, "u1": .uint8, "u2": .uint16, "u4": .uint32, "u8": .uint64,
  ]
}

// MARK: - Writing

extension NPYHeader {
  /// The header of a tensor's file, padded as NumPy pads it: to a multiple of 64 bytes, with a newline at the end.
  static func bytes(for tensor: Tensor) -> [UInt8] {
    let description = tensor.dtype == .int64 ? "<i8" : tensor.dtype == .float64 ? "<f8" : "<f4"
    let sizes = tensor.shape.map { "\($0)" }.joined(separator: ", ")
    let shape = tensor.rank == 1 ? "(\(sizes),)" : "(\(sizes))"
    var text = Array("{'descr': '\(description)', 'fortran_order': False, 'shape': \(shape), }".utf8)
    let unpadded = signature.count + 4 + text.count + 1
    text.append(contentsOf: repeatElement(0x20, count: -unpadded & 63))
    text.append(0x0A)
    var bytes = signature + [1, 0]
    bytes.append(littleEndian: UInt16(text.count))
    return bytes + text
  }
}
