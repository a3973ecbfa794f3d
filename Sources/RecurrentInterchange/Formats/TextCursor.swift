/// Reads a text strictly, token by token, for a caller that knows what must come next: JSON, or a Python dictionary.
struct TextCursor {
  let bytes: [UInt8]
  private let file: String
  /// The byte of the file at which `bytes` begin.
  private let origin: Int
  var position = 0

  init(_ bytes: [UInt8], file: String, origin: Int = 0) {
    self.bytes = bytes
    self.file = file
    self.origin = origin
  }

  /// A whole file.
  init(_ source: any ByteSource) throws {
    var reader = ByteReader(source)
    self.init(try reader.read(source.byteCount), file: source.name)
  }

  /// Where the cursor stands, for an error.
  func place(tensor: String? = nil) -> FileError.Place {
    FileError.Place(file: file, tensor: tensor, byte: origin + position)
  }

  /// The next byte; nil at the end.
  func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Skips white space, as JSON has it.
  mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  /// Skips a character that comes next at once; false if another does.
  mutating func skipByte(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// Skips a character; false if another comes next.
  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    return skipByte(character)
  }

  /// Skips a character that must come next.
  mutating func expect(_ character: Unicode.Scalar) throws {
    if !skip(character) { throw broken("'\(character)'") }
  }

  /// Skips a word such as `null`; false if another token comes next.
  mutating func skipWord(_ word: StaticString) -> Bool {
    skipSpace()
    let word = word.withUTF8Buffer { Array($0) }
    guard bytes[position...].starts(with: word) else { return false }
    position += word.count
    return true
  }

  /// Makes sure that nothing but white space is left.
  mutating func expectEnd() throws {
    skipSpace()
    if position < bytes.count { throw broken("the end") }
  }

  /// The error of a text that does not go on as `expected`.
  func broken(_ expected: String) -> FileError {
    let found = peek().map { byte in
      (0x21...0x7E).contains(byte) ? "'\(Unicode.Scalar(byte))'" : "byte 0x\(String(byte, radix: 16))"
    }
    return FileError(.syntax, at: place(), found: found ?? "the end", expected: expected)
  }
}
