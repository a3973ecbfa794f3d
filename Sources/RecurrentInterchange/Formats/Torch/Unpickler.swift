/// Reads a pickle without running it: a pickle is a program that builds values, and may name any function of Python.
/// Here it can build numbers, texts, collections and tensors that are not there yet; a name that is not in the list of
/// ``TorchGlobal`` is refused as soon as it stands in the file, called or not.
struct Unpickler {
  private(set) var input: PickleInput
  private(set) var heap: PickleHeap
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [PickleValue] = []

  /// The most values that wait on the stack, and the most marks. Python's writer needs 1,000 for each level.
  private static let stackLimit = 1 << 16

  init(_ input: PickleInput, heap: PickleHeap) {
    self.input = input
    self.heap = heap
  }

  /// Reads one pickle, up to its end.
  mutating func load() throws -> PickleValue {
    (stack, marks, memo) = ([], [], [])
    guard try input.readByte() == PickleOpcode.proto.rawValue else {
      throw broken("no protocol", "a pickle of protocol 2 to 5")
    }
    try readProtocol()
    while true {
      let place = input.place
      let byte = try input.readByte()
      guard let opcode = PickleOpcode(rawValue: byte) else {
        let found = "instruction 0x\(String(byte, radix: 16))"
        throw FileError(.syntax, at: place, found: found, expected: "one of pickle protocols 2 to 5")
      }
      if opcode == .stop { return try loadedValue() }
      try execute(opcode)
    }
  }

  private func loadedValue() throws -> PickleValue {
    guard stack.count == 1, marks.isEmpty else {
      throw broken("\(stack.count) values at the end", "one")
    }
    return stack[0]
  }

  private mutating func execute(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .proto: try readProtocol()
    case .frame: _ = try input.readCount()
    case .stop, .mark, .pop, .popMark, .dup: try arrange(opcode)
    case .binGet, .longBinGet: try recall(opcode)
    case .binPut, .longBinPut, .memoize: try remember(opcode)
    case .none, .newTrue, .newFalse, .binInt, .binInt1, .binInt2, .long1, .long4, .binFloat:
      try push(readNumber(opcode))
    case .binString, .shortBinString, .binUnicode, .shortBinUnicode, .binUnicode8: try pushText(opcode)
    case .binBytes, .shortBinBytes, .binBytes8, .byteArray8:
      try input.skip(readLength(opcode))
      try push(.opaque)
    case .emptyTuple, .emptyList, .emptySet: try pushObject(.sequence, [])
    case .emptyDictionary: try pushObject(.dictionary, [])
    case .tuple1: try pushObject(.sequence, popItems(1))
    case .tuple2: try pushObject(.sequence, popItems(2))
    case .tuple3: try pushObject(.sequence, popItems(3))
    case .tuple, .frozenSet: try pushObject(.sequence, popToMark())
    case .append: try extend(.sequence, popItems(1))
    case .appends, .addItems: try extend(.sequence, popToMark())
    case .setItem: try extend(.dictionary, popItems(2))
    case .setItems: try extend(.dictionary, popToMark())
    case .global, .stackGlobal: try pushGlobal(opcode)
    case .reduce, .newObject, .newObjectEx: try call(opcode)
    case .build:
      let state = try pop()
      try heap.build(top(), from: state, input.place)
    case .binPersistentID: try pushStorage()
    }
  }

  private mutating func readProtocol() throws {
    let place = input.place
    let version = try input.readByte()
    guard (2...5).contains(version) else {
      throw FileError(.version, at: place, found: "pickle protocol \(version)", expected: "2 to 5")
    }
  }

  // MARK: - Stack

  private mutating func push(_ value: PickleValue) throws {
    guard stack.count + marks.count < Self.stackLimit else {
      throw FileError(
        .nesting, at: input.place, found: "more than \(Self.stackLimit) values at a time",
        expected: "lists and dictionaries as Python writes them")
    }
    stack.append(value)
  }

  /// Values below the last mark belong to another collection.
  private mutating func popItems(_ count: Int) throws -> ArraySlice<PickleValue> {
    guard stack.count - (marks.last ?? 0) >= count else { throw broken("too few values", "\(count)") }
    defer { stack.removeLast(count) }
    return ArraySlice(Array(stack.suffix(count)))
  }

  private mutating func pop() throws -> PickleValue { try popItems(1).first! }

  private func top() throws -> PickleValue {
    guard stack.count > (marks.last ?? 0) else { throw broken("no value", "one") }
    return stack[stack.count - 1]
  }

  private mutating func popToMark() throws -> ArraySlice<PickleValue> {
    guard let mark = marks.popLast() else { throw broken("no mark", "one") }
    defer { stack.removeLast(stack.count - mark) }
    return ArraySlice(Array(stack[mark...]))
  }

  private mutating func arrange(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .mark:
      guard stack.count + marks.count < Self.stackLimit else { return try push(.none) }
      marks.append(stack.count)
    case .dup: try push(top())
    case .popMark: _ = try popToMark()
    default: _ = try pop()
    }
  }

  // MARK: - Memo

  /// Python numbers what it remembers from 0 on, without gaps.
  private mutating func remember(_ opcode: PickleOpcode) throws {
    let place =
      switch opcode {
      case .binPut: Int(try input.readByte())
      case .longBinPut: Int(try input.readNumber(UInt32.self))
      default: memo.count
      }
    let value = try top()
    guard place <= memo.count else { throw broken("memo \(place)", "at most \(memo.count)") }
    if place < memo.count {
      memo[place] = value
    } else {
      try heap.charge(16, input.place)
      memo.append(value)
    }
  }

  private mutating func recall(_ opcode: PickleOpcode) throws {
    let place = Int(
      opcode == .binGet ? UInt32(try input.readByte()) : try input.readNumber(UInt32.self))
    guard place < memo.count else { throw broken("memo \(place)", "one of \(memo.count)") }
    try push(memo[place])
  }

  // MARK: - Values

  private mutating func readNumber(_ opcode: PickleOpcode) throws -> PickleValue {
    switch opcode {
    case .newTrue: .bool(true)
    case .newFalse: .bool(false)
    case .binInt: .int(Int(try input.readNumber(Int32.self)))
    case .binInt1: .int(Int(try input.readByte()))
    case .binInt2: .int(Int(try input.readNumber(UInt16.self)))
    case .long1: try readInteger(byteCount: Int(input.readByte()))
    case .long4: try readInteger(byteCount: Int(input.readNumber(UInt32.self)))
    case .binFloat: .float(Double(bitPattern: try input.readNumber(UInt64.self).byteSwapped))
    default: .none
    }
  }

  /// Little-endian, in two's complement; larger numbers than `Int` are nothing that a file of tensors needs.
  private mutating func readInteger(byteCount: Int) throws -> PickleValue {
    guard byteCount <= 8 else {
      try input.skip(byteCount)
      return .opaque
    }
    let bytes = try input.read(byteCount)
    let isNegative = (bytes.last ?? 0) >= 0x80
    let padding = [UInt8](repeating: isNegative ? 0xFF : 0, count: 8 - byteCount)
    return .int(Int((bytes + padding).number(at: 0, as: Int64.self)))
  }

  private mutating func readLength(_ opcode: PickleOpcode) throws -> Int {
    switch opcode {
    case .shortBinString, .shortBinUnicode, .shortBinBytes: Int(try input.readByte())
    case .binString, .binUnicode, .binBytes: Int(try input.readNumber(UInt32.self))
    default: try input.readCount()
    }
  }

  private mutating func pushText(_ opcode: PickleOpcode) throws {
    let place = input.place
    try push(.text(heap.add(text: input.read(readLength(opcode)), place)))
  }

  private mutating func pushObject(_ kind: PickleObject.Kind, _ items: ArraySlice<PickleValue>) throws {
    try push(heap.add(kind, Array(items), input.place))
  }

  private mutating func extend(_ kind: PickleObject.Kind, _ items: ArraySlice<PickleValue>) throws {
    guard case .object(let object) = try top(), heap.objects[Int(object)].kind == kind,
      kind == .sequence || items.count.isMultiple(of: 2)
    else { throw broken("items for something else", "a \(kind) and its items") }
    try heap.append(items, to: object, input.place)
  }

  // MARK: - Names

  private mutating func pushGlobal(_ opcode: PickleOpcode) throws {
    let place = input.place
    var (module, name): (String?, String?)
    if opcode == .global {
      (module, name) = (try input.readLine(), try input.readLine())
    } else {
      let names = try popItems(2)
      (module, name) = (heap.name(names.first), heap.name(names.last))
    }
    guard let module, let name else {
      throw broken(
        "something else", "the names of a module and of a thing, of at most \(PickleHeap.nameLimit) bytes")
    }
    try push(.global(TorchGlobal(module, name, place)))
  }

  private mutating func call(_ opcode: PickleOpcode) throws {
    if opcode == .newObjectEx { _ = try pop() }
    let values = try popItems(2)
    guard case .global(let global)? = values.first, let arguments = heap.object(values.last)?.items else {
      throw broken("a call of something that is no name", "a name and a tuple")
    }
    try push(global.called(with: arguments, &heap, input.place))
  }

  private mutating func pushStorage() throws {
    let identifier = try pop()
    guard let fields = heap.object(identifier)?.items else {
      throw broken("another persistent identifier", "that of a storage")
    }
    try push(heap.add(TorchStorage(fields, heap, input.place), input.place))
  }

  private func broken(_ found: String, _ expected: String) -> FileError {
    FileError(.syntax, at: input.place, found: found, expected: expected)
  }
}
