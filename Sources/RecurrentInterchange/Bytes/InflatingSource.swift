// The only file that talks to zlib.
import CZlib

/// The bytes behind a raw deflate stream (RFC 1951), which can be read once, from beginning to end.
///
/// The stream is read and inflated piece by piece, as its bytes are asked for: in memory are the pieces only.
/// Used by one reader at a time.
final class InflatingSource: ByteSource, @unchecked Sendable {
  let name: String
  /// The number of bytes that somebody said there are. The stream may turn out to hold fewer or more.
  let byteCount: Int
  private var compressed: ByteReader
  private var piece: [UInt8] = []
  private var pieceStart = 0
  private var position = 0
  private var hasEnded = false
  private let stream: UnsafeMutablePointer<z_stream>

  /// The most bytes of the stream that are in memory at a time.
  private static let pieceLength = 1 << 16
  /// One bit of deflate stands for 129 bytes at most: a copy of 258 bytes takes two bits.
  static let highestRatio = 1032

  init(_ compressed: ByteReader, byteCount: Int) {
    self.compressed = compressed
    self.byteCount = byteCount
    name = compressed.source.name
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // Negative window bits: no header and no checksum of zlib's own around the stream.
    let status = inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "InflatingSource: zlib says \(status), expected \(Z_OK)")
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Fills `buffer` with the next bytes, which must be those at `offset`.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    precondition(offset == position, "InflatingSource: byte \(offset) was asked for after \(position)")
    let count = try inflateNext(into: buffer)
    guard count == buffer.count else {
      throw broken(.truncated, "\(position) bytes, then the stream's end", "\(byteCount) bytes")
    }
    return count
  }

  /// Makes sure that the stream ends here, and that nothing follows it.
  func finish() throws {
    var byte: UInt8 = 0
    let count = try withUnsafeMutableBytes(of: &byte) { try inflateNext(into: $0) }
    guard count == 0, pieceStart == piece.count, compressed.remaining == 0 else {
      throw broken(.trailing, "more bytes", "the stream's end after \(byteCount) bytes")
    }
  }

  /// Inflates the rest and forgets it; throws unless it is what is left of `byteCount`.
  func proveLength() throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceLength, alignment: 16)
    defer { buffer.deallocate() }
    while position < byteCount {
      let length = min(buffer.count, byteCount - position)
      _ = try read(at: position, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<length]))
    }
    try finish()
  }

  /// Fills `buffer`; fewer bytes only if the stream ends.
  private func inflateNext(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < buffer.count && !hasEnded {
      try refill()
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = try inflatePiece(into: rest)
      if count == 0 && !hasEnded && pieceStart == piece.count && compressed.remaining == 0 {
        throw broken(.truncated, "a deflate stream without an end", "\(byteCount) bytes")
      }
      done += count
    }
    position += done
    return done
  }

  private func refill() throws {
    guard pieceStart == piece.count else { return }
    piece = try compressed.read(min(Self.pieceLength, compressed.remaining))
    pieceStart = 0
  }

  /// One call of zlib, which takes from the piece what it can; returns how many bytes came of it.
  private func inflatePiece(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let room = min(buffer.count, 1 << 30)
    let status = piece.withUnsafeMutableBytes { input in
      let bytes = input.bindMemory(to: UInt8.self)
      stream.pointee.next_in = bytes.baseAddress.map { $0 + pieceStart }
      stream.pointee.avail_in = UInt32(input.count - pieceStart)
      stream.pointee.next_out = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(room)
      return inflate(stream, Z_NO_FLUSH)
    }
    pieceStart = piece.count - Int(stream.pointee.avail_in)
    hasEnded = status == Z_STREAM_END
    guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
      let found = stream.pointee.msg.map { String(cString: $0) } ?? "zlib's error \(status)"
      throw broken(.compression, found, "a deflate stream")
    }
    return room - Int(stream.pointee.avail_out)
  }

  private func broken(_ kind: FileError.Kind, _ found: String, _ expected: String) -> FileError {
    FileError(
      kind, at: compressed.place(), found: found, expected: expected,
      advice: "the file is damaged: copy or export it again")
  }
}
