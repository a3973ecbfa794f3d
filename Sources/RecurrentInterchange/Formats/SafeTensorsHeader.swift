import RecurrentKernels
import RecurrentTensors

/// The header of a safetensors file, proven: every tensor's bytes are in the file, and every byte is one tensor's.
struct SafeTensorsHeader {
  struct Entry {
    let name: String
    let type: StoredType
    let shape: Shape
    /// The first byte and the byte after the last, from the beginning of the data.
    let begin, end: Int
  }

  private(set) var entries: [Entry] = []
  private(set) var metadata: [String: String] = [:]
  /// The byte of the file at which the data begins.
  let dataStart: Int

  /// The shortest text of an entry is `"":{"dtype":"U8","shape":[],"data_offsets":[0,0]},`.
  private static let shortestEntry = 50

  init(from reader: inout ByteReader) throws {
    let length = try Self.readLength(from: &reader)
    let text = try reader.read(length)
    dataStart = reader.position
    guard text.first == UInt8(ascii: "{") else {
      let place = FileError.Place(file: reader.source.name, byte: 8)
      throw FileError(
        .signature, at: place, found: "no '{'", expected: "a header in JSON that begins with '{'")
    }
    entries.reserveCapacity(length / Self.shortestEntry)
    var cursor = TextCursor(text, file: reader.source.name, origin: 8)
    try readEntries(from: &cursor)
    try proveLayout(dataByteCount: reader.remaining, file: reader.source.name)
  }

  private static func readLength(from reader: inout ByteReader) throws -> Int {
    let place = reader.place()
    let length = try reader.read(8).number(at: 0, as: UInt64.self)
    guard length <= UInt64(SafeTensors.headerLimit) else {
      let expected = "at most \(SafeTensors.headerLimit)"
      throw FileError(
        .headerLength, at: place, found: "\(length)", expected: expected,
        advice: "it is not a safetensors file, or it is damaged")
    }
    guard length <= UInt64(reader.remaining) else {
      let expected = "at most \(reader.remaining), the bytes left in the file"
      throw FileError(.headerLength, at: place, found: "\(length)", expected: expected)
    }
    return Int(length)
  }

  // MARK: - Entries

  private mutating func readEntries(from cursor: inout TextCursor) throws {
    try cursor.readFields { name, cursor in
      if name == "__metadata__" {
        metadata = try Self.readMetadata(from: &cursor)
      } else {
        entries.append(try Self.readEntry(name, from: &cursor))
      }
    }
    try cursor.expectEnd()
  }

  private static func readMetadata(from cursor: inout TextCursor) throws -> [String: String] {
    var metadata: [String: String] = [:]
    // MLX writes null if there is none.
    if cursor.skipWord("null") { return metadata }
    try cursor.readFields { key, cursor in metadata[key] = try cursor.readString() }
    return metadata
  }

  private static func readEntry(_ name: String, from cursor: inout TextCursor) throws -> Entry {
    let place = cursor.place(tensor: name)
    var (type, shape, offsets): (StoredType?, Shape?, [Int]?)
    try cursor.readObject { key, cursor in
      let place = cursor.place(tensor: name)
      switch key {
      case "dtype" where type == nil: type = try readType(from: &cursor, place)
      case "shape" where shape == nil:
        shape = try readNaturals(from: &cursor, limit: maximumRank, .shape, place)
      case "data_offsets" where offsets == nil:
        offsets = try readNaturals(from: &cursor, limit: 2, .offsets, place)
      case "dtype", "shape", "data_offsets":
        throw FileError(.duplicate, at: place, found: "\(key.quoted) again", expected: "every name once")
      default:
        let expected = "dtype, shape and data_offsets"
        throw FileError(.unknownField, at: place, found: key.quoted, expected: expected)
      }
    }
    guard let type, let shape, let offsets else {
      let missing = type == nil ? "dtype" : shape == nil ? "shape" : "data_offsets"
      throw FileError(
        .missingField, at: place, found: "no \(missing)", expected: "dtype, shape and data_offsets")
    }
    return try prove(name, type, shape, offsets, place)
  }

  private static func readType(from cursor: inout TextCursor, _ place: FileError.Place) throws -> StoredType {
    let name = try cursor.readString()
    if let type = types[name] { return type }
    let known = types.keys.sorted().joined(separator: ", ")
    throw FileError(.dtype, at: place, found: name.quoted, expected: "one of \(known)")
  }

  private static func readNaturals(
    from cursor: inout TextCursor, limit: Int, _ kind: FileError.Kind, _ place: FileError.Place
  ) throws -> [Int] {
    var numbers: [Int] = []
    try cursor.readArray { cursor in
      if numbers.count == limit {
        throw FileError(kind, at: place, found: "more than \(limit) numbers", expected: "at most \(limit)")
      }
      numbers.append(try cursor.readNatural())
    }
    return numbers
  }

  private static func prove(
    _ name: String, _ type: StoredType, _ shape: Shape, _ offsets: [Int], _ place: FileError.Place
  ) throws -> Entry {
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw FileError(.offsets, at: place, found: "\(offsets)", expected: "[begin, end] with begin <= end")
    }
    guard let count = shape.provenElementCount else {
      throw FileError(.shape, at: place, found: "\(shape)", expected: "at most 2^63 bytes")
    }
    guard offsets[1] - offsets[0] == count * type.byteWidth else {
      let expected = "\(count * type.byteWidth) bytes for shape \(shape) of \(type)"
      throw FileError(.byteCount, at: place, found: "\(offsets[1] - offsets[0]) bytes", expected: expected)
    }
    return Entry(name: name, type: type, shape: shape, begin: offsets[0], end: offsets[1])
  }

  // MARK: - Layout

  /// In order of their bytes, each tensor begins where the last one ended, and the last ends with the file.
  private func proveLayout(dataByteCount: Int, file: String) throws {
    var end = 0
    for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      let place = FileError.Place(file: file, tensor: entry.name)
      if entry.end > dataByteCount {
        let expected = "at most \(dataByteCount), the bytes of data in the file"
        throw FileError(.offsets, at: place, found: "end \(entry.end)", expected: expected)
      }
      if entry.begin != end {
        let kind: FileError.Kind = entry.begin < end ? .overlap : .hole
        throw FileError(
          kind, at: place, found: "begin \(entry.begin)", expected: "\(end), the last tensor's end")
      }
      end = entry.end
    }
    if end != dataByteCount {
      let place = FileError.Place(file: file, byte: dataStart + end)
      throw FileError(
        .trailing, at: place, found: "\(dataByteCount - end) bytes", expected: "the end of the file")
    }
  }

  private static let types: [String: StoredType] = [
    "F16": .float16, "BF16": .bfloat16, "F32": .float32, "F64": .float64, "BOOL": .bool, "I8": .int8,
    "I16": .int16, "I32": .int32, "I64": .int64, "U8": .uint8, "U16": .uint16, "U32": .uint32, "U64": .uint64,
  ]
}

// MARK: - Writing

extension SafeTensorsHeader {
  /// The tensors in the order of their bytes: 8-byte elements first.
  static func dataOrder(of tensors: NamedTensors) -> [NamedTensors.Element] {
    tensors.filter { $0.tensor.dtype.byteWidth == 8 } + tensors.filter { $0.tensor.dtype.byteWidth != 8 }
  }

  /// The length and the text of the header, padded with spaces to a multiple of 8 bytes.
  static func bytes(for tensors: NamedTensors, file: String) throws -> [UInt8] {
    if tensors["__metadata__"] != nil {
      let place = FileError.Place(file: file, tensor: "__metadata__")
      throw FileError(
        .name, at: place, found: "\"__metadata__\"", expected: "another name", advice: "rename it")
    }
    var begins: [String: Int] = [:]
    var end = 0
    for (name, tensor) in dataOrder(of: tensors) {
      begins[name] = end
      end += tensor.byteCount
    }
    var members = tensors.metadata.isEmpty ? [] : ["\"__metadata__\":" + text(of: tensors.metadata)]
    members += tensors.map { name, tensor in name.jsonLiteral + ":" + text(of: tensor, at: begins[name]!) }
    return padded(members.joined(separator: ","))
  }

  private static func padded(_ members: String) -> [UInt8] {
    var text = Array("{\(members)}".utf8)
    text.append(contentsOf: repeatElement(0x20, count: -text.count & 7))
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt64(text.count))
    return bytes + text
  }

  private static func text(of metadata: [String: String]) -> String {
    let sorted = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    return "{" + sorted.map { $0.key.jsonLiteral + ":" + $0.value.jsonLiteral }.joined(separator: ",") + "}"
  }

  private static func text(of tensor: Tensor, at begin: Int) -> String {
    let dtype = tensor.dtype == .int64 ? "I64" : tensor.dtype == .float64 ? "F64" : "F32"
    let shape = tensor.shape.map { "\($0)" }.joined(separator: ",")
    return
      #"{"dtype":"\#(dtype)","shape":[\#(shape)],"data_offsets":[\#(begin),\#(begin + tensor.byteCount)]}"#
  }
}
