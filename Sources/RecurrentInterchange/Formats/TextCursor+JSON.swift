// JSON (RFC 8259). Nothing here calls itself but for values of which nothing is known, so nested brackets cannot exhaust the
// stack: the caller's grammar bounds the depth. Strings must be UTF-8, numbers must be integers from 0 on; see the other file
// for more.

extension TextCursor {
  /// Reads an object; `member` reads the value of each key.
  mutating func readObject(_ member: (String, inout TextCursor) throws -> Void) throws {
    try readMembers { key, cursor in
      try member(key, &cursor)
      return true
    }
  }

  /// Reads an object as long as `member`, which reads the value of each key, says to go on.
  mutating func readMembers(_ member: (String, inout TextCursor) throws -> Bool) throws {
    try expect("{")
    if skip("}") { return }
    repeat {
      let key = try readString()
      try expect(":")
      if try !member(key, &self) { return }
    } while skip(",")
    try expect("}")
  }

  /// Reads an object of at most `limit` keys, every key once; `member` reads the value of each.
  mutating func readFields(
    limit: Int = .max, _ member: (String, inout TextCursor) throws -> Void
  ) throws {
    var keys = Set<String>()
    try readObject { key, cursor in
      guard keys.insert(key).inserted else {
        throw FileError(
          .duplicate, at: cursor.place(tensor: key), found: "\(key.quoted) again", expected: "every name once"
        )
      }
      guard keys.count <= limit else {
        throw FileError(
          .tooLarge, at: cursor.place(tensor: key), found: "more than \(limit) keys", expected: "fewer")
      }
      try member(key, &cursor)
    }
  }

  /// Reads an array; `element` reads each value.
  mutating func readArray(_ element: (inout TextCursor) throws -> Void) throws {
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
    try string.proveStreamSafe(place())
    return string
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
    if let byte = peek().flatMap(Self.escaped) {
      position += 1
      return text.append(byte)
    }
    guard skipByte("u") else { throw broken("an escape: one of \" \\ / b f n r t u") }
    text.append(contentsOf: String(Character(try readScalar())).utf8)
  }

  /// What a character behind a backslash stands for; nil for `u`, and for those that mean nothing.
  private static func escaped(_ byte: UInt8) -> UInt8? {
    switch Unicode.Scalar(byte) {
    case "\"", "\\", "/": byte
    case "b": 0x08
    case "t": 0x09
    case "n": 0x0A
    case "f": 0x0C
    case "r": 0x0D
    default: nil
    }
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
      guard let digit = peek().flatMap(Self.hexadecimalDigit) else { throw broken("four hexadecimal digits") }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }

  private static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch Unicode.Scalar(byte) {
    case "0"..."9": byte - UInt8(ascii: "0")
    case "A"..."F": byte - UInt8(ascii: "A") + 10
    case "a"..."f": byte - UInt8(ascii: "a") + 10
    default: nil
    }
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
