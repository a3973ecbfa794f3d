/// The zip form of PyTorch's files, and TorchScript archives: `NAME/data.pkl` says what there is, `NAME/data/KEY` are the
/// storages. Code (`NAME/code/…`) is not looked at.
struct TorchArchive {
  private let archive: ZipArchive
  /// `NAME/`; empty if the entries stand at the top.
  private let folder: String
  private let entries: [String: ZipArchive.Entry]

  /// Whether a zip file is one of PyTorch's; damaged ones are not.
  static func recognizes(_ source: any ByteSource) -> Bool {
    guard let directory = try? ZipDirectory(source) else { return false }
    return directory.records.contains { isPickle($0.name) }
  }

  init(_ source: any ByteSource) throws {
    archive = try ZipArchive(source)
    let pickles = archive.entries.filter { Self.isPickle($0.name) }
    guard pickles.count == 1, let name = pickles.first?.name else {
      let place = FileError.Place(file: source.name)
      throw FileError(
        .duplicate, at: place, found: "\(pickles.count) entries data.pkl", expected: "one")
    }
    folder = String(name.dropLast(Self.pickle.count))
    entries = Dictionary(uniqueKeysWithValues: archive.entries.map { ($0.name, $0) })
  }

  private static let pickle = "data.pkl"

  /// At the top, or one folder down.
  private static func isPickle(_ name: String) -> Bool {
    let parts = name.split(separator: "/")
    return parts.last ?? "" == pickle && parts.count <= 2
  }

  func read() throws -> NamedTensors {
    let budget = MemoryBudget(fileByteCount: archive.source.byteCount)
    var contents = TorchContents(file: archive.source.name, budget, isBigEndian: try isBigEndian())
    try contents.add(load(Self.pickle, budget), TorchFolder(archive, entries, folder + "data/"))
    if entries[folder + "constants.pkl"] != nil {
      let constants = TorchFolder(archive, entries, folder + "constants/")
      try contents.add(load("constants.pkl", budget), constants, name: "constants")
    }
    return contents.tensors
  }

  private func load(_ name: String, _ budget: MemoryBudget) throws -> (PickleHeap, PickleValue) {
    let entry = entries[folder + name]!
    var budget = budget
    try budget.charge(entry.byteCount, .init(file: archive.source.name, tensor: name))
    let bytes = try archive.read(entry) { try $0.read($0.remaining) }
    let source = MemorySource(name: "\(archive.source.name)/\(name)", bytes: bytes)
    var unpickler = Unpickler(PickleInput(ByteReader(source)), heap: PickleHeap(budget))
    let value = try unpickler.load()
    guard unpickler.input.remaining == 0 else {
      let found = "\(unpickler.input.remaining) bytes"
      throw FileError(.trailing, at: unpickler.input.place, found: found, expected: "the end of the pickle")
    }
    return (unpickler.heap, value)
  }

  private func isBigEndian() throws -> Bool {
    guard let entry = entries[folder + "byteorder"] else { return false }
    let place = FileError.Place(file: archive.source.name, tensor: entry.name, byte: entry.dataStart)
    let known = ["little": false, "big": true]
    let order = entry.byteCount > 6 ? "" : try archive.read(entry) { try $0.read($0.remaining) }.asText
    guard let isBig = known[order] else {
      throw FileError(.value, at: place, found: order.quoted, expected: "little or big")
    }
    return isBig
  }
}

/// The storages of an archive, each an entry.
private struct TorchFolder: TorchStorageBytes {
  private let archive: ZipArchive
  private let entries: [String: ZipArchive.Entry]
  private let folder: String

  init(_ archive: ZipArchive, _ entries: [String: ZipArchive.Entry], _ folder: String) {
    (self.archive, self.entries, self.folder) = (archive, entries, folder)
  }

  func read<Result>(_ storage: TorchStorage, _ body: (inout ByteReader) throws -> Result) throws -> Result {
    let place = FileError.Place(file: archive.source.name, tensor: folder + storage.key)
    guard let entry = entries[folder + storage.key] else {
      throw FileError(.missingField, at: place, found: "no such entry", expected: "the elements of a tensor")
    }
    guard entry.byteCount == storage.byteCount else {
      let expected = "\(storage.byteCount), as data.pkl says"
      throw FileError(.byteCount, at: place, found: "\(entry.byteCount) bytes", expected: expected)
    }
    do {
      return try archive.read(entry, body)
    } catch var error as FileError where error.kind == .checksum {
      error.advice += ", or save it with torch.serialization.set_crc32_options(True)"
      throw error
    }
  }
}

/// What the pickles of a file hold, as named tensors.
struct TorchContents {
  private(set) var tensors: NamedTensors
  private let file: String
  private let budget: MemoryBudget
  private let isBigEndian: Bool

  init(file: String, _ budget: MemoryBudget, isBigEndian: Bool) {
    (self.file, self.budget, self.isBigEndian) = (file, budget, isBigEndian)
    tensors = NamedTensors(metadata: [:], source: file)
  }

  /// Adds what a pickle holds; names begin with `name`.
  mutating func add(
    _ loaded: (heap: PickleHeap, value: PickleValue), _ source: some TorchStorageBytes, name: String = ""
  ) throws {
    var names = TorchNames(loaded.heap, file: file, budget)
    try names.add(loaded.value, name: name)
    let views = names.tensors.map { loaded.heap.views[$0.view] }
    let reader = TorchTensors(
      storages: loaded.heap.storages, source: source, file: file, isBigEndian: isBigEndian)
    let read = try reader.read(Set(views), budget: budget)
    for ((name, _), view) in zip(names.tensors, views) {
      guard tensors[name] == nil else {
        let place = FileError.Place(file: file, tensor: name)
        throw FileError(.duplicate, at: place, found: "\(name.quoted) again", expected: "every name once")
      }
      tensors[name] = read[view]
    }
    if name.isEmpty { tensors.metadata = names.metadata }
  }
}

extension [UInt8] {
  /// The bytes as text in UTF-8, whatever they are.
  fileprivate var asText: String { String(decoding: self, as: UTF8.self) }
}
