import RecurrentKernels
import RecurrentTensors

/// How a file stores one element. Every type becomes the tensor type that holds it exactly.
enum StoredType: CaseIterable {
  case float16, bfloat16, float32, float64
  case int8, int16, int32, int64, uint8, uint16, uint32, uint64, bool

  /// Bytes of one element in the file.
  var byteWidth: Int {
    switch self {
    case .int8, .uint8, .bool: 1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    }
  }

  /// The element type of the tensor.
  var dtype: DType {
    switch self {
    case .float16, .bfloat16, .float32: .float32
    case .float64: .float64
    default: .int64
    }
  }

  /// The type that stores a tensor's elements as they are.
  init(_ dtype: DType) {
    switch dtype {
    case .float32: self = .float32
    case .float64: self = .float64
    case .int64: self = .int64
    }
  }

  /// The next `shape` elements of a file, as a tensor.
  ///
  /// - Precondition: the shape is proven, and its bytes are there.
  func readTensor(from reader: inout ByteReader, shape: Shape, bigEndian: Bool = false) throws -> Tensor {
    if self == StoredType(dtype) && !bigEndian {
      let memory = try reader.readMemory(shape.elementCount * byteWidth, alignment: byteWidth)
      return Tensor(adopting: memory, shape: shape, dtype: dtype)
    }
    let memory = AlignedMemory(dtype, count: shape.elementCount, zeroed: false)
    try readConverting(shape.elementCount, from: &reader, bigEndian, into: memory)
    return Tensor(adopting: memory, shape: shape, dtype: dtype)
  }

  /// Converts piece by piece, so that the file is never in memory beside the tensor.
  private func readConverting(
    _ count: Int, from reader: inout ByteReader, _ bigEndian: Bool, into memory: AlignedMemory
  ) throws {
    let piece = 1 << 14
    for start in stride(from: 0, to: count, by: piece) {
      let place = reader.place()
      let bytes = try reader.read(min(piece, count - start) * byteWidth)
      let elements = StoredElements(bytes: bytes, bigEndian: bigEndian, memory: memory, start: start)
      if !convert(elements) {
        let found = "an unsigned integer of 64 bits above \(Int64.max)"
        throw FileError(.value, at: place, found: found, expected: "integers that fit in int64")
      }
    }
  }

  /// Returns whether every value fitted.
  private func convert(_ elements: StoredElements) -> Bool {
    switch self {
    case .float16: elements.convert { (bits: UInt16) in Float(bitPattern: expandHalf(bits)) }
    case .bfloat16: elements.convert { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    case .float32: elements.convert { (bits: UInt32) in Float(bitPattern: bits) }
    case .float64: elements.convert { (bits: UInt64) in Double(bitPattern: bits) }
    case .int8: elements.convert { (value: Int8) in Int64(value) }
    case .int16: elements.convert { (value: Int16) in Int64(value) }
    case .int32: elements.convert { (value: Int32) in Int64(value) }
    case .int64: elements.convert { (value: Int64) in value }
    case .uint8: elements.convert { (value: UInt8) in Int64(value) }
    case .uint16: elements.convert { (value: UInt16) in Int64(value) }
    case .uint32: elements.convert { (value: UInt32) in Int64(value) }
    case .bool: elements.convert { (value: UInt8) in value == 0 ? Int64(0) : 1 }
    case .uint64: return elements.convertUnsigned()
    }
    return true
  }
}

/// A run of stored elements, and where they go.
private struct StoredElements {
  let bytes: [UInt8]
  let bigEndian: Bool
  let memory: AlignedMemory
  let start: Int

  func convert<Stored: FixedWidthInteger & BitwiseCopyable, Element: BitwiseCopyable>(
    _ element: (Stored) -> Element
  ) {
    let width = MemoryLayout<Stored>.size
    bytes.withUnsafeBytes { source in
      memory.write(Element.self, offset: start, count: source.count / width) { target in
        for index in target.indices {
          let stored = source.loadUnaligned(fromByteOffset: index * width, as: Stored.self)
          target[index] = element(bigEndian ? Stored(bigEndian: stored) : Stored(littleEndian: stored))
        }
      }
    }
  }

  func convertUnsigned() -> Bool {
    var union: UInt64 = 0
    convert { (value: UInt64) in
      union |= value
      return Int64(truncatingIfNeeded: value)
    }
    return union >> 63 == 0
  }
}

/// The float32 of the same value as a float16, both as bits. Always exact.
private func expandHalf(_ half: UInt16) -> UInt32 {
  let sign = UInt32(half & 0x8000) << 16
  let exponent = UInt32(half >> 10) & 0x1F
  let fraction = UInt32(half & 0x3FF)
  switch exponent {
  case 0: return sign | (Float(fraction) * 0x1p-24).bitPattern  // zero or subnormal: fraction * 2^-24
  case 31: return sign | 0x7F80_0000 | fraction << 13  // infinity or NaN
  default: return sign | (exponent + 112) << 23 | fraction << 13  // biases 15 and 127
  }
}

// MARK: - Shapes out of files

/// The most dimensions that NumPy and PyTorch have.
let maximumRank = 64

extension Shape {
  /// The number of elements, or nil if no tensor can have this shape.
  ///
  /// Also refused are shapes that overflow without their zeros: later products in another order must not overflow.
  var provenElementCount: Int? {
    guard count <= maximumRank else { return nil }
    var product = DType.float64.byteWidth
    for size in self {
      let (next, overflow) = product.multipliedReportingOverflow(by: Swift.max(size, 1))
      if overflow || size < 0 { return nil }
      product = next
    }
    return contains(0) ? 0 : product / DType.float64.byteWidth
  }
}
