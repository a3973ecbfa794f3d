/// A block of memory aligned to 64 bytes: what tensors and packed weights are stored in. Large blocks come from
/// ``HeldMemory`` and go back to it.
///
/// Pointers stay inside this module: callers hand over the whole object and an element offset, so nothing that a
/// kernel reads can be freed while it runs. Writing is allowed only while the block is not shared
/// (`isKnownUniquelyReferenced`) or not yet published; the tensor above keeps that rule.
package final class AlignedMemory: @unchecked Sendable {
  package let byteCount: Int
  let base: UnsafeMutableRawPointer
  /// Who keeps the bytes where they are, if not this block: a mapped file.
  private let owner: (any Sendable & AnyObject)?

  /// Allocates `byteCount` bytes, all zero unless `zeroed` is false.
  package init(byteCount: Int, zeroed: Bool = true) {
    precondition(byteCount >= 0, "AlignedMemory: byteCount is \(byteCount), expected at least 0")
    self.byteCount = byteCount
    owner = nil
    base = HeldMemory.allocate(byteCount)
    if zeroed { base.initializeMemory(as: UInt8.self, repeating: 0, count: max(byteCount, 64)) }
  }

  /// A block of bytes that stay with their owner, which nobody else writes. They may be aligned to their elements only.
  ///
  /// - Precondition: at least 64 bytes: smaller blocks are read up to there.
  package init(_ bytes: UnsafeMutableRawBufferPointer, of owner: any Sendable & AnyObject) {
    precondition(
      bytes.count >= 64, "AlignedMemory: \(bytes.count) bytes of another owner, expected at least 64")
    byteCount = bytes.count
    base = bytes.baseAddress!
    self.owner = owner
  }

  deinit {
    if owner == nil { HeldMemory.free(base, byteCount) }
  }

  package convenience init(_ dtype: DType, count: Int, zeroed: Bool = true) {
    self.init(byteCount: count * dtype.byteWidth, zeroed: zeroed)
  }

  /// A copy of an array's elements, in one move.
  package convenience init<Element: BitwiseCopyable>(copying elements: [Element]) {
    let count = elements.count * MemoryLayout<Element>.stride
    self.init(byteCount: count)
    elements.withUnsafeBytes { bytes in
      if let start = bytes.baseAddress { base.copyMemory(from: start, byteCount: count) }
    }
  }

  /// A copy of the first `count` elements, in one move.
  package func array<Element: BitwiseCopyable>(of type: Element.Type, count: Int) -> [Element] {
    checkBounds(0, count, type)
    return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let start = buffer.baseAddress { start.initialize(from: pointer(0, type), count: count) }
      initialized = count
    }
  }

  /// A block of its own with the same bytes.
  package func copy() -> AlignedMemory {
    let copy = AlignedMemory(byteCount: byteCount, zeroed: false)
    copy.copyBytes(from: self, byteCount: byteCount)
    return copy
  }

  /// The element at `index`, counted in elements of `Element`.
  package subscript<Element: BitwiseCopyable>(index: Int, as type: Element.Type) -> Element {
    get {
      checkBounds(index, 1, type)
      return base.load(fromByteOffset: index * MemoryLayout<Element>.stride, as: type)
    }
    set {
      checkBounds(index, 1, type)
      base.storeBytes(of: newValue, toByteOffset: index * MemoryLayout<Element>.stride, as: type)
    }
  }

  /// Runs `body` on `count` elements from `offset` on.
  package func read<Element: BitwiseCopyable, Result>(
    _ type: Element.Type, offset: Int = 0, count: Int, _ body: (Span<Element>) throws -> Result
  ) rethrows -> Result {
    checkBounds(offset, count, type)
    return try body(UnsafeBufferPointer(start: pointer(offset, type), count: count).span)
  }

  /// Runs `body` on `count` elements from `offset` on, which it may write.
  package func write<Element: BitwiseCopyable, Result>(
    _ type: Element.Type, offset: Int = 0, count: Int,
    _ body: (inout MutableSpan<Element>) throws -> Result
  ) rethrows -> Result {
    checkBounds(offset, count, type)
    let buffer = UnsafeMutableBufferPointer(start: pointer(offset, type), count: count)
    var span = buffer.mutableSpan
    return try body(&span)
  }

  /// Copies `byteCount` bytes from another block (the two may be the same if the ranges are apart).
  package func copyBytes(
    from source: AlignedMemory, sourceByte: Int = 0, toByte: Int = 0, byteCount count: Int
  ) {
    precondition(
      count >= 0 && sourceByte >= 0 && toByte >= 0 && sourceByte + count <= source.byteCount
        && toByte + count <= byteCount, "AlignedMemory.copyBytes: out of bounds")
    (base + toByte).copyMemory(from: source.base + sourceByte, byteCount: count)
  }

  /// Copies bytes in from a raw span, as a file reader does.
  package func copyBytes(from bytes: RawSpan, toByte: Int = 0) {
    precondition(
      toByte >= 0 && toByte + bytes.byteCount <= byteCount, "AlignedMemory.copyBytes: out of bounds")
    bytes.withUnsafeBytes { source in
      if let start = source.baseAddress { (base + toByte).copyMemory(from: start, byteCount: source.count) }
    }
  }

  func pointer<Element>(_ offset: Int, _ type: Element.Type) -> UnsafeMutablePointer<Element> {
    (base + offset * MemoryLayout<Element>.stride).assumingMemoryBound(to: type)
  }

  private func checkBounds<Element>(_ offset: Int, _ count: Int, _ type: Element.Type) {
    precondition(
      offset >= 0 && count >= 0 && (offset + count) * MemoryLayout<Element>.stride <= max(byteCount, 64),
      "AlignedMemory: elements \(offset)..<\(offset + count) are outside of \(byteCount) bytes")
  }
}
