import RecurrentTensors

/// Reads the Python dictionary in the header of a `.npy` file, strictly: exactly the keys `descr`, `fortran_order`
/// and `shape`, each once, in any order.
struct PythonCursor {
  struct Header {
    let description: String
    let isFortranOrder: Bool
    let shape: Shape
  }

  private let bytes: [UInt8]
  private let file: String
  private let origin: Int
  private var position = 0

  init(_ bytes: [UInt8], file: String, origin: Int) {
    self.bytes = bytes
    self.file = file
    self.origin = origin
  }

  /// Where the cursor stands, for an error.
  var place: FileError.Place { FileError.Place(file: file, byte: origin + position) }

  mutating func readHeader() throws -> Header {
    var (description, isFortranOrder, shape): (String?, Bool?, Shape?)
    try expect("{")
    while !skip("}") {
      let place = place
      let key = try readString()
      try expect(":")
      switch key {
      case "descr" where description == nil: description = try readDescription()
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try readBool()
      case "shape" where shape == nil: shape = try readShape()
      default: throw unusable(key, place)
      }
      if !skip(",") {
        try expect("}")
        break
      }
    }
    try expectEnd()
    guard let description, let isFortranOrder, let shape else {
      let missing = description == nil ? "descr" : shape == nil ? "shape" : "fortran_order"
      throw FileError(.missingField, at: place, found: "no \(missing)", expected: Self.keys)
    }
    return Header(description: description, isFortranOrder: isFortranOrder, shape: shape)
  }

  private static let keys = "descr, fortran_order and shape"

  private func unusable(_ key: String, _ place: FileError.Place) -> FileError {
    let isKnown = ["descr", "fortran_order", "shape"].contains(key)
    return FileError(
      isKnown ? .duplicate : .unknownField, at: place, found: key.quoted, expected: "\(Self.keys), once each")
  }

  // MARK: - Values

  private mutating func readDescription() throws -> String {
    let place = place
    if skip("[") {
      throw FileError(
        .dtype, at: place, found: "an array with named fields", expected: "an array of numbers",
        advice: "save each field as an array of its own")
    }
    return try readString()
  }

  /// A string in either kind of quotes. Neither the keys nor the types need escapes.
  private mutating func readString() throws -> String {
    skipSpace()
    guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw broken("a string in quotes")
    }
    position += 1
    let start = position
    while let byte = peek(), byte != quote {
      guard (0x20...0x7E).contains(byte), byte != UInt8(ascii: "\\") else { throw broken("plain ASCII") }
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if peek() == nil { throw broken("the end of the string") }
    position += 1
    return text
  }

  private mutating func readBool() throws -> Bool {
    if skipWord("True") { return true }
    if skipWord("False") { return false }
    throw broken("True or False")
  }

  /// A tuple: `()`, `(3,)`, `(3, 4)` or `(3, 4,)`.
  private mutating func readShape() throws -> Shape {
    var shape: Shape = []
    try expect("(")
    while !skip(")") {
      shape.append(try readNatural())
      if skip(",") { continue }
      if shape.count == 1 { throw broken("',': a tuple of one element ends in a comma") }
      try expect(")")
      break
    }
    return shape
  }

  private mutating func readNatural() throws -> Int {
    skipSpace()
    let start = position
    while let byte = peek(), (0x30...0x39).contains(byte) { position += 1 }
    let digits = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Int(digits), digits == "0" || !digits.hasPrefix("0") else {
      position = start
      throw broken("an integer from 0 to \(Int.max)")
    }
    return value
  }

  // MARK: - Tokens

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while peek() == 0x20 { position += 1 }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipWord(_ word: String) -> Bool {
    skipSpace()
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    if !skip(character) { throw broken("'\(character)'") }
  }

  private mutating func expectEnd() throws {
    while let byte = peek(), byte == 0x20 || byte == 0x0A { position += 1 }
    if position < bytes.count { throw broken("the end of the header") }
  }

  private func broken(_ expected: String) -> FileError {
    let found = peek().map { byte in
      (0x21...0x7E).contains(byte) ? "'\(Unicode.Scalar(byte))'" : "byte 0x\(String(byte, radix: 16))"
    }
    return FileError(.syntax, at: place, found: found ?? "the end of the header", expected: expected)
  }
}
