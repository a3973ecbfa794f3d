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
    let place = FileError.Place(file: file, tensor: name)
    try checkIsWhole(place)
    let type = try storedType(place)
    let shape = try provenShape(place)
    let bytes = try storedBytes(type, count: shape.elementCount, place)
    var reader = ByteReader(MemorySource(name: file, bytes: bytes))
    do {
      return try type.readTensor(from: &reader, shape: shape)
    } catch var error as FileError {
      error.place = place
      throw error
    }
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

  /// The elements as little-endian bytes, wherever the message holds them.
  private func storedBytes(_ type: StoredType, count: Int, _ place: FileError.Place) throws -> [UInt8] {
    if hasRawData {
      let expected = count * type.byteWidth
      guard rawData.count == expected else {
        throw FileError(
          .byteCount, at: place, found: "\(rawData.count) bytes", expected: "\(expected) bytes for \(dims)")
      }
      return [UInt8](rawData)
    }
    guard typedCount(type) == count else {
      throw FileError(
        .byteCount, at: place, found: "\(typedCount(type)) numbers", expected: "\(count) numbers for \(dims)")
    }
    return typedBytes(type)
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

  private func typedBytes(_ type: StoredType) -> [UInt8] {
    switch type {
    case .float32: littleEndian(floatData.map(\.bitPattern))
    case .float64: littleEndian(doubleData.map(\.bitPattern))
    case .int64: littleEndian(int64Data)
    case .uint64: littleEndian(uint64Data)
    case .uint32: littleEndian(uint64Data.map { UInt32(truncatingIfNeeded: $0) })
    case .int32: littleEndian(int32Data)
    case .float16, .bfloat16, .int16, .uint16: littleEndian(int32Data.map { UInt16(truncatingIfNeeded: $0) })
    case .int8, .uint8, .bool: int32Data.map { UInt8(truncatingIfNeeded: $0) }
    }
  }
}

private func littleEndian<Number: FixedWidthInteger>(_ numbers: [Number]) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(numbers.count * MemoryLayout<Number>.size)
  for number in numbers { bytes.append(littleEndian: number) }
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
