import RecurrentKernels
import RecurrentTensors

/// Where the bytes of a file go, in order.
protocol ByteSink {
  func write(_ bytes: UnsafeRawBufferPointer) throws
}

extension ByteSink {
  func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write($0) }
  }

  /// Writes a tensor's elements, row-major and little-endian, from where they are.
  func write(elementsOf tensor: Tensor) throws {
    try tensor.withElementBytes { try write($0) }
  }
}

/// Counts the bytes and takes their checksum, and forgets them.
final class ChecksumSink: ByteSink {
  private(set) var checksum = CRC32()
  private(set) var byteCount = 0

  func write(_ bytes: UnsafeRawBufferPointer) {
    checksum.update(bytes)
    byteCount += bytes.count
  }
}

extension Tensor {
  /// The number of bytes that the elements take.
  var byteCount: Int { count * dtype.byteWidth }

  /// Runs `body` on the elements' bytes, row-major and little-endian.
  func withElementBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try storage.read(UInt8.self, count: byteCount) { span in
      try span.withUnsafeBufferPointer { try body(UnsafeRawBufferPointer($0)) }
    }
  }
}
