import RecurrentTensors

/// Elements that stand in steps among others, as the bytes of a row-major tensor: element `[i, j, …]` is number
/// `offset + i * strides[0] + j * strides[1] + …` of `bytes`. They are gathered as they are asked for.
struct StridedSource: ByteSource {
  let name: String
  let bytes: [UInt8]
  let type: StoredType
  let offset: Int
  let shape: Shape
  let strides: [Int]

  var byteCount: Int { shape.elementCount * type.byteWidth }

  /// The elements as a tensor.
  ///
  /// - Precondition: the shape is proven, and every element is within the bytes.
  func readTensor(bigEndian: Bool) throws -> Tensor {
    var reader = ByteReader(self)
    do {
      return try type.readTensor(from: &reader, shape: shape, bigEndian: bigEndian)
    } catch var error as FileError {
      // Counted in the order of the tensor, which is no place in the file.
      error.place.byte = nil
      throw error
    }
  }

  /// - Precondition: `start` and the buffer are whole elements.
  func read(at start: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    switch type.byteWidth {
    case 1: gather(UInt8.self, from: start, into: buffer)
    case 2: gather(UInt16.self, from: start / 2, into: buffer)
    case 4: gather(UInt32.self, from: start / 4, into: buffer)
    default: gather(UInt64.self, from: start / 8, into: buffer)
    }
    return buffer.count
  }

  private func gather<Bits: BitwiseCopyable>(
    _ type: Bits.Type, from first: Int, into buffer: UnsafeMutableRawBufferPointer
  ) {
    let width = MemoryLayout<Bits>.size
    let (rowLength, step) = (shape.last ?? 1, strides.last ?? 1)
    bytes.withUnsafeBytes { source in
      var done = 0
      while done < buffer.count / width {
        let (number, column) = (first + done).quotientAndRemainder(dividingBy: rowLength)
        let start = rowStart(number) + column * step
        let count = min(rowLength - column, buffer.count / width - done)
        let row = UnsafeMutableRawBufferPointer(rebasing: buffer[done * width..<(done + count) * width])
        if step == 1 {
          row.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: source[start * width..<(start + count) * width]))
        } else {
          for index in 0..<count {
            let bits = source.loadUnaligned(fromByteOffset: (start + index * step) * width, as: type)
            row.storeBytes(of: bits, toByteOffset: index * width, as: type)
          }
        }
        done += count
      }
    }
  }

  /// Where the first element of a row stands, rows counted over all dimensions but the last.
  private func rowStart(_ row: Int) -> Int {
    var (rest, start) = (row, offset)
    for axis in (0..<max(shape.count - 1, 0)).reversed() {
      start += rest % shape[axis] * strides[axis]
      rest /= shape[axis]
    }
    return start
  }
}
