import RecurrentKernels
import RecurrentTensors

// Numbers, nested lists of numbers, and values of which nothing is known.

extension TextCursor {
  /// Reads an object up to the first key that is one of `keys`; nil if it has none.
  mutating func readKey(of keys: Set<String>) throws -> String? {
    var found: String?
    try readMembers { key, cursor in
      if keys.contains(key) { found = key } else { try cursor.skipValue(depth: 0) }
      return found == nil
    }
    return found
  }

  /// How deep unknown values may be nested.
  private static let depthLimit = 32
  /// The longest number that is read, in characters: more than the exact text of any double.
  private static let numberLimit = 1100

  /// Reads a number. Its magnitude must be one that a float32 has room for.
  mutating func readFloat() throws -> Float {
    let place = place()
    let text = try readNumberText()
    guard let number = Float(text), number.isFinite else {
      throw FileError(.value, at: place, found: text.quoted, expected: "a number that float32 has room for")
    }
    return number
  }

  /// Skips a value, whatever it is; returns its text.
  mutating func readText() throws -> String {
    skipSpace()
    let start = position
    try skipValue(depth: 0)
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func skipValue(depth: Int) throws {
    guard depth < Self.depthLimit else { throw broken("at most \(Self.depthLimit) nested values") }
    skipSpace()
    switch peek() {
    case UInt8(ascii: "{"): try readObject { try $1.skipValue(depth: depth + 1) }
    case UInt8(ascii: "["): try readArray { try $0.skipValue(depth: depth + 1) }
    case UInt8(ascii: "\""): _ = try readString()
    default:
      if skipWord("true") || skipWord("false") || skipWord("null") { return }
      _ = try readNumberText()
    }
  }

  /// `-`, digits without leading zeros, and perhaps a fraction and an exponent.
  private mutating func readNumberText() throws -> String {
    skipSpace()
    let start = position
    _ = skipByte("-")
    let first = position
    try skipDigits()
    if position > first + 1 && bytes[first] == UInt8(ascii: "0") { throw broken("no leading zeros") }
    if skipByte(".") { try skipDigits() }
    if skipByte("e") || skipByte("E") {
      if !skipByte("+") { _ = skipByte("-") }
      try skipDigits()
    }
    guard position - start <= Self.numberLimit else {
      throw broken("a number of at most \(Self.numberLimit) characters")
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func skipDigits() throws {
    let start = position
    while let byte = peek(), (0x30...0x39).contains(byte) { position += 1 }
    if position == start { throw broken("a digit") }
  }
}

// MARK: - Lists of numbers

extension TextCursor {
  /// Reads lists of numbers, nested up to `rankLimit` deep, as a float32 tensor: all lists of one depth are equally long.
  ///
  /// The text is read twice, first for the shape, so that nothing is allocated beside the tensor.
  mutating func readTensor(rankLimit: Int) throws -> Tensor {
    var end = self
    let shape = try end.readShape(rankLimit: rankLimit)
    let memory = AlignedMemory(.float32, count: shape.elementCount, zeroed: false)
    try memory.write(Float.self, count: shape.elementCount) { span in
      for index in 0..<span.count { span[index] = try readNextNumber() }
    }
    self = end
    return Tensor(adopting: memory, shape: shape, dtype: .float32)
  }

  /// The next number of lists that are known to be well formed.
  private mutating func readNextNumber() throws -> Float {
    while let byte = peek(), byte != UInt8(ascii: "-"), !(0x30...0x39).contains(byte) { position += 1 }
    return try readFloat()
  }

  private mutating func readShape(rankLimit: Int) throws -> Shape {
    skipSpace()
    guard peek() == UInt8(ascii: "[") else {
      _ = try readFloat()
      return []
    }
    guard rankLimit > 0 else { throw broken("fewer nested lists") }
    let place = place()
    var (count, inner): (Int, Shape?) = (0, nil)
    try readArray { cursor in
      let shape = try cursor.readShape(rankLimit: rankLimit - 1)
      if let inner, inner != shape {
        throw FileError(.shape, at: place, found: "lists of \(inner) and \(shape)", expected: "equal lists")
      }
      (count, inner) = (count + 1, shape)
    }
    return [count] + (inner ?? [])
  }
}

// MARK: - Writing

extension Tensor {
  /// The numbers as nested JSON lists. Each has the digits of a double, so that float32 and float64 both come back bit for
  /// bit, whether they are read as one or the other.
  func writeJSON(to sink: some ByteSink) throws {
    try writeJSON(asType(.float64).scalars(as: Double.self)[...], shape[...], to: sink)
  }

  private func writeJSON(_ numbers: ArraySlice<Double>, _ shape: ArraySlice<Int>, to sink: some ByteSink)
    throws
  {
    guard shape.count > 1, let count = shape.first, count > 0 else {
      let text = numbers.map { "\($0)" }.joined(separator: ", ")
      return try sink.write(Array((shape.isEmpty ? text : "[\(text)]").utf8))
    }
    let size = numbers.count / count
    for index in 0..<count {
      try sink.write(Array((index == 0 ? "[" : ",\n").utf8))
      let start = numbers.startIndex + index * size
      try writeJSON(numbers[start..<start + size], shape.dropFirst(), to: sink)
    }
    try sink.write(Array("]".utf8))
  }

  /// Whether every number is finite: JSON has no others.
  var isFinite: Bool { asType(.float64).scalars(as: Double.self).allSatisfy(\.isFinite) }
}
