import RecurrentTensors

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension OnnxTensorProto {
  /// The tensor: integers of all widths and truth values become int64, float16 and bfloat16 float32.
  ///
  /// - Throws: ``FileError`` that names `file` and the tensor.
  func tensor(in file: String) throws -> Tensor {
    let (type, shape) = try proven(in: file)
    let bytes = hasRawData ? [UInt8](rawData) : typedBytes(type)
    var reader = ByteReader(MemorySource(name: file, bytes: bytes))
    do {
      return try type.readTensor(from: &reader, shape: shape)
    } catch var error as FileError {
      error.place = .init(file: file, tensor: name)
      throw error
    }
  }

  /// The tensor's type and shape, and that as many elements are there.
  ///
  /// - Throws: ``FileError`` that names `file` and the tensor.
  @discardableResult func proven(in file: String) throws -> (type: StoredType, shape: Shape) {
    let place = FileError.Place(file: file, tensor: name)
    try checkIsWhole(place)
    let (type, shape) = (try storedType(place), try provenShape(place))
    let count = shape.elementCount
    let (found, expected, unit) =
      hasRawData ? (rawData.count, count * type.byteWidth, "bytes") : (typedCount(type), count, "numbers")
    guard found == expected else {
      throw FileError(
        .byteCount, at: place, found: "\(found) \(unit)", expected: "\(expected) \(unit) for \(dims)")
    }
    return (type, shape)
  }

  private func checkIsWhole(_ place: FileError.Place) throws {
    if dataLocation == .external || !externalData.isEmpty {
      let location = externalData.first { $0.key == "location" }?.value ?? ""
      throw FileError(
        .externalData, at: place, found: location.isEmpty ? "another file" : location.quoted,
        expected: "all tensors inside of the model's file",
        advice: "save the model with its data inside: onnx.save(onnx.load(path), other)")
    }
    if hasSegment {
      throw FileError(
        .externalData, at: place, found: "a segment of a tensor", expected: "all tensors inside of the file")
    }
  }

  private func storedType(_ place: FileError.Place) throws -> StoredType {
    if let type = StoredType(onnx: dataType) { return type }
    throw FileError(
      .dtype, at: place, found: DataType.text(dataType), expected: "a number type of 8 to 64 bits, or bool")
  }

  private func provenShape(_ place: FileError.Place) throws -> Shape {
    let shape = dims.compactMap { Int(exactly: $0) }
    guard shape.count == dims.count && shape.provenElementCount != nil else {
      throw FileError(
        .shape, at: place, found: "\(dims.prefix(9))", expected: "at most \(maximumRank) sizes of at least 0")
    }
    return shape
  }

  private func typedCount(_ type: StoredType) -> Int {
    switch type {
    case .float32: floatData.count
    case .float64: doubleData.count
    case .int64: int64Data.count
    case .uint32, .uint64: uint64Data.count
    case .float16, .bfloat16, .int32, .int16, .uint16, .int8, .uint8, .bool: int32Data.count
    }
  }

  /// The elements as little-endian bytes, out of the list that ONNX keeps this type in.
  private func typedBytes(_ type: StoredType) -> [UInt8] {
    switch type {
    case .float32: littleEndian(floatData) { $0.bitPattern }
    case .float64: littleEndian(doubleData) { $0.bitPattern }
    case .int64: littleEndian(int64Data) { $0 }
    case .uint64: littleEndian(uint64Data) { $0 }
    case .uint32: littleEndian(uint64Data) { UInt32(truncatingIfNeeded: $0) }
    case .int32: littleEndian(int32Data) { $0 }
    case .float16, .bfloat16, .int16, .uint16: littleEndian(int32Data) { UInt16(truncatingIfNeeded: $0) }
    case .int8, .uint8, .bool: littleEndian(int32Data) { UInt8(truncatingIfNeeded: $0) }
    }
  }
}

private func littleEndian<Stored, Number: FixedWidthInteger>(
  _ numbers: [Stored], _ number: (Stored) -> Number
) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(numbers.count * MemoryLayout<Number>.size)
  for stored in numbers { bytes.append(littleEndian: number(stored)) }
  return bytes
}

extension StoredType {
  /// The type that ONNX numbers so; nil if tensors cannot hold it.
  init?(onnx dataType: Int32) {
    guard let type = OnnxTensorProto.DataType(rawValue: Int(dataType)) else { return nil }
    switch type {
    case .float: self = .float32
    case .double: self = .float64
    case .float16: self = .float16
    case .bfloat16: self = .bfloat16
    case .int8: self = .int8
    case .int16: self = .int16
    case .int32: self = .int32
    case .int64: self = .int64
    case .uint8: self = .uint8
    case .uint16: self = .uint16
    case .uint32: self = .uint32
    case .uint64: self = .uint64
    case .bool: self = .bool
    case .undefined, .string, .complex64, .complex128: return nil
    }
  }
}

extension OnnxTensorProto.DataType {
  /// What a type is called in messages.
  static func text(_ dataType: Int32) -> String {
    guard let type = Self(rawValue: Int(dataType)) else { return "type \(dataType)" }
    return "\(type)"
  }
}
