/// The form that PyTorch wrote before 1.6, and writes still if it is asked to: five pickles one after the other (a magic
/// number, a version, the machine, what there is, the storages' keys), and then the storages, each after its number of
/// elements.
struct TorchLegacy {
  private let source: any ByteSource

  /// The number that the first pickle holds, as its bytes stand there.
  private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
  private static let version = 1001

  /// Whether a file begins as a pickle of protocol 2 to 5.
  static func recognizes(_ start: FileStart) -> Bool {
    start.bytes.count >= 2 && start.bytes[0] == PickleOpcode.proto.rawValue
      && (2...5).contains(start.bytes[1])
  }

  init(_ source: any ByteSource) { self.source = source }

  func read() throws -> NamedTensors {
    let budget = MemoryBudget(fileByteCount: source.byteCount)
    var unpickler = Unpickler(PickleInput(ByteReader(source)), heap: PickleHeap(budget))
    try readSignature(&unpickler)
    let isBigEndian = try readMachine(&unpickler)
    let value = try unpickler.load()
    let list = try unpickler.load()
    let heap = unpickler.heap
    let keys = heap.object(list)?.items ?? []
    let storages = try TorchRow(source, heap, keys, from: unpickler.input.position, isBigEndian)
    var contents = TorchContents(file: source.name, budget, isBigEndian: isBigEndian)
    try contents.add((heap, value), storages)
    return contents.tensors
  }

  private func readSignature(_ unpickler: inout Unpickler) throws {
    let place = unpickler.input.place
    var reader = ByteReader(source)
    let start = try reader.read(min(32, source.byteCount))
    // Behind the protocol, and in protocols 4 and 5 a frame, stands an integer of ten bytes.
    let isFramed = start.count > 2 && start[2] == PickleOpcode.frame.rawValue
    let number = start.dropFirst(isFramed ? 11 : 2).prefix(12)
    guard number.elementsEqual([PickleOpcode.long1.rawValue, 10] + Self.magic) else {
      throw FileError(
        .signature, at: place, found: "another pickle", expected: "a file that torch.save wrote",
        advice: "save a state dict with torch.save, or arrays with numpy.savez")
    }
    _ = try unpickler.load()
    guard case .int(Self.version) = try unpickler.load() else {
      throw FileError(.version, at: place, found: "another version", expected: "\(Self.version)")
    }
  }

  /// Returns whether the machine that wrote the file was big-endian.
  private func readMachine(_ unpickler: inout Unpickler) throws -> Bool {
    let place = unpickler.input.place
    let value = try unpickler.load()
    let items = unpickler.heap.object(value)?.items ?? []
    for index in stride(from: 0, to: items.count - 1, by: 2)
    where unpickler.heap.name(items[index]) == "little_endian" {
      if case .bool(let isLittle) = items[index + 1] { return !isLittle }
    }
    throw FileError(.missingField, at: place, found: "no little_endian", expected: "the order of bytes")
  }
}

/// The storages behind the pickles, one after the other.
private struct TorchRow: TorchStorageBytes {
  private let source: any ByteSource
  private var ranges: [String: Range<Int>] = [:]

  init(
    _ source: any ByteSource, _ heap: PickleHeap, _ keys: [PickleValue], from start: Int, _ isBigEndian: Bool
  ) throws {
    self.source = source
    let known = Dictionary(uniqueKeysWithValues: heap.storages.map { ($0.key, $0) })
    var reader = ByteReader(source, in: start..<source.byteCount)
    for value in keys {
      guard let key = heap.name(value), let storage = known[key], ranges[key] == nil else {
        let found = heap.name(value).map { "the key \($0.quoted)" } ?? "something else"
        throw FileError(.syntax, at: reader.place(), found: found, expected: "each storage's key once")
      }
      let place = reader.place(tensor: "storage \(key)")
      let bits = try reader.read(8).number(at: 0, as: UInt64.self)
      let count = isBigEndian ? bits.byteSwapped : bits
      guard count == UInt64(storage.count) else {
        throw FileError(.byteCount, at: place, found: "\(count) elements", expected: "\(storage.count)")
      }
      guard storage.byteCount <= reader.remaining else {
        let expected = "\(storage.byteCount) bytes"
        throw FileError(.truncated, at: place, found: "\(reader.remaining) bytes", expected: expected)
      }
      ranges[key] = reader.position..<reader.position + storage.byteCount
      reader = ByteReader(source, in: reader.position + storage.byteCount..<source.byteCount)
    }
    guard reader.remaining == 0 else {
      let found = "\(reader.remaining) bytes"
      throw FileError(.trailing, at: reader.place(), found: found, expected: "the end of the file")
    }
  }

  func read<Result>(_ storage: TorchStorage, _ body: (inout ByteReader) throws -> Result) throws -> Result {
    guard let range = ranges[storage.key] else {
      let place = FileError.Place(file: source.name, tensor: "storage \(storage.key)")
      throw FileError(.missingField, at: place, found: "no such key", expected: "the elements of a tensor")
    }
    var reader = ByteReader(source, in: range)
    return try body(&reader)
  }
}
