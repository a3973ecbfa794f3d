/// Reads JSON (RFC 8259) strictly, token by token, for a caller that knows what must come next.
///
/// It never calls itself, so nested brackets cannot exhaust the stack: the caller's grammar bounds the depth.
/// Strings must be UTF-8, numbers must be integers from 0 on; whoever wants more adds a method.
struct JSONCursor {
  let bytes: [UInt8]
  private let file: String
  /// The byte of the file at which `bytes` begin.
  private let origin: Int
  var position = 0

  init(_ bytes: [UInt8], file: String, origin: Int) {
    self.bytes = bytes
    self.file = file
    self.origin = origin
  }

  /// Where the cursor stands, for an error.
  func place(tensor: String? = nil) -> FileError.Place {
    FileError.Place(file: file, tensor: tensor, byte: origin + position)
  }

  /// Reads an object; `member` reads the value of each key.
  mutating func readObject(_ member: (String, inout JSONCursor) throws -> Void) throws {
    try expect("{")
    if skip("}") { return }
    repeat {
      let key = try readString()
      try expect(":")
      try member(key, &self)
    } while skip(",")
    try expect("}")
  }

  /// Reads an array; `element` reads each value.
  mutating func readArray(_ element: (inout JSONCursor) throws -> Void) throws {
    try expect("[")
    if skip("]") { return }
    repeat { try element(&self) } while skip(",")
    try expect("]")
  }

  /// Reads an integer from 0 to `Int.max`, without sign, leading zeros, fraction or exponent.
  mutating func readNatural() throws -> Int {
    skipSpace()
    var (digits, value) = (0, 0)
    while let digit = peek(), (0x30...0x39).contains(digit) {
      if digits == 1 && value == 0 { throw broken("an integer without leading zeros") }
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(digit - 0x30))
      if overflow || carry { throw broken("an integer of at most \(Int.max)") }
      (digits, value, position) = (digits + 1, sum, position + 1)
    }
    if digits == 0 { throw broken("an integer from 0 on") }
    return value
  }

  /// Reads a string.
  mutating func readString() throws -> String {
    try expect("\"")
    let start = position
    while let byte = peek(), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
    var text = bytes[start..<position]
    while !skipByte("\"") { try readCharacter(into: &text) }
    guard let string = String(validating: text, as: UTF8.self) else { throw broken("a string in UTF-8") }
    return string
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
    if position < bytes.count { throw broken("the end of the header") }
  }

  // MARK: - Tokens

  func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  mutating func skipByte(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    return skipByte(character)
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    if !skip(character) { throw broken("'\(character)'") }
  }

  func broken(_ expected: String) -> FileError {
    let found = peek().map { byte in
      (0x21...0x7E).contains(byte) ? "'\(Unicode.Scalar(byte))'" : "byte 0x\(String(byte, radix: 16))"
    }
    return FileError(.syntax, at: place(), found: found ?? "the end of the header", expected: expected)
  }

  // MARK: - Characters of a string

  private mutating func readCharacter(into text: inout ArraySlice<UInt8>) throws {
    guard let byte = peek(), byte >= 0x20 else { throw broken("a character or '\"'") }
    position += 1
    if byte == UInt8(ascii: "\\") {
      try readEscape(into: &text)
    } else {
      text.append(byte)
    }
  }

  private mutating func readEscape(into text: inout ArraySlice<UInt8>) throws {
    let plain: [UInt8: UInt8] = [
      0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09,
    ]
    if let byte = peek().flatMap({ plain[$0] }) {
      position += 1
      return text.append(byte)
    }
    guard skipByte("u") else { throw broken("an escape: one of \" \\ / b f n r t u") }
    text.append(contentsOf: String(Character(try readScalar())).utf8)
  }

  /// Reads the digits of `\uXXXX`, and of the second half of a surrogate pair.
  private mutating func readScalar() throws -> Unicode.Scalar {
    let unit = try readCodeUnit()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    guard unit < 0xDC00, skipByte("\\"), skipByte("u") else {
      throw broken("the other half of a surrogate pair")
    }
    let low = try readCodeUnit()
    guard (0xDC00...0xDFFF).contains(low),
      let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00))
    else { throw broken("the second half of a surrogate pair") }
    return scalar
  }

  private mutating func readCodeUnit() throws -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = peek().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        throw broken("four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }
}

extension String {
  /// The string as a JSON literal, in UTF-8.
  var jsonLiteral: String {
    var text = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}
