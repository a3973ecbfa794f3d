import RecurrentTensors

/// What the header of a `.npy` file says.
struct PythonHeader {
  let description: String
  let isFortranOrder: Bool
  let shape: Shape
}

extension TextCursor {
  /// Reads the Python dictionary in the header of a `.npy` file: exactly the keys `descr`, `fortran_order` and `shape`, each
  /// once, in any order.
  mutating func readPythonHeader() throws -> PythonHeader {
    var (description, isFortranOrder, shape): (String?, Bool?, Shape?)
    try expect("{")
    while !skip("}") {
      let place = place()
      let key = try readQuoted()
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
      throw FileError(.missingField, at: place(), found: "no \(missing)", expected: Self.keys)
    }
    return PythonHeader(description: description, isFortranOrder: isFortranOrder, shape: shape)
  }

  private static let keys = "descr, fortran_order and shape"

  private func unusable(_ key: String, _ place: FileError.Place) -> FileError {
    let isKnown = ["descr", "fortran_order", "shape"].contains(key)
    return FileError(
      isKnown ? .duplicate : .unknownField, at: place, found: key.quoted, expected: "\(Self.keys), once each")
  }

  // MARK: - Values

  private mutating func readDescription() throws -> String {
    let place = place()
    if skip("[") {
      throw FileError(
        .dtype, at: place, found: "an array with named fields", expected: "an array of numbers",
        advice: "save each field as an array of its own")
    }
    return try readQuoted()
  }

  /// A string in either kind of quotes. Neither the keys nor the types need escapes.
  private mutating func readQuoted() throws -> String {
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
}
