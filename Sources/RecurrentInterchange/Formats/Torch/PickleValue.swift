/// A value out of a pickle. Everything larger than a number stands in the ``PickleHeap``.
enum PickleValue {
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  case text(PickleText)
  /// A name from the list of those that are known.
  case global(TorchGlobal)
  /// A list, a tuple, a set or a dictionary, by its place among the objects.
  case object(Int32)
  /// By its place among the storages.
  case storage(Int32)
  /// By its place among the views.
  case tensor(Int32)
  /// Something that is not a number, a text or a tensor, such as bytes or a device.
  case opaque
}

/// A text, as the place of its bytes among those of all texts.
struct PickleText {
  let start, count: UInt32
}

/// A collection. What it holds may be itself: nobody follows values without counting how deep.
struct PickleObject {
  enum Kind: UInt8 {
    /// A list, tuple or set.
    case sequence
    /// Keys and values, in turns.
    case dictionary
    /// An object of a TorchScript class, whose attributes are keys and values in turns.
    case instance
  }

  var kind: Kind
  var items: [PickleValue]
}

/// All that a pickle has made so far, and how much memory it may still take.
///
/// An instruction of one byte can make an object of fifty. So that a small file cannot fill the memory, everything is
/// counted against what the file's own size allows.
struct PickleHeap {
  private(set) var objects: [PickleObject] = []
  private(set) var views: [TorchView] = []
  private(set) var storages: [TorchStorage] = []
  private var storagePlaces: [String: Int] = [:]
  private var texts: [UInt8] = []
  private var budget: MemoryBudget

  init(_ budget: MemoryBudget) { self.budget = budget.limited(to: Self.limit) }

  /// The most that is counted, so that places fit in 32 bits whatever the size of the file.
  private static let limit = 1 << 31

  mutating func charge(_ byteCount: Int, _ place: FileError.Place) throws {
    try budget.charge(byteCount, place)
  }

  // MARK: - Objects

  mutating func add(_ kind: PickleObject.Kind, _ items: [PickleValue], _ place: FileError.Place) throws
    -> PickleValue
  {
    try charge(48 + 16 * items.count, place)
    objects.append(PickleObject(kind: kind, items: items))
    return .object(Int32(objects.count - 1))
  }

  mutating func append(_ items: ArraySlice<PickleValue>, to object: Int32, _ place: FileError.Place) throws {
    try charge(16 * items.count, place)
    objects[Int(object)].items.append(contentsOf: items)
  }

  /// Gives a TorchScript object its attributes; any other object keeps what it holds.
  mutating func build(_ value: PickleValue, from state: PickleValue, _ place: FileError.Place) throws {
    guard case .object(let target) = value, objects[Int(target)].kind == .instance,
      let source = object(state)
    else { return }
    // The items are shared until one of the two grows; then there are two.
    try charge(16 * source.items.count, place)
    objects[Int(target)].items = source.items
    if source.kind == .sequence { objects[Int(target)].kind = .sequence }
  }

  /// The collection behind a value, if it is one.
  func object(_ value: PickleValue?) -> PickleObject? {
    guard case .object(let place)? = value else { return nil }
    return objects[Int(place)]
  }

  // MARK: - Texts

  mutating func add(text bytes: [UInt8], _ place: FileError.Place) throws -> PickleText {
    try charge(bytes.count, place)
    let text = PickleText(start: UInt32(texts.count), count: UInt32(bytes.count))
    texts += bytes
    return text
  }

  /// The text behind a value, if it is one that can be read and compared: in UTF-8, without hundreds of marks on a letter.
  func text(_ value: PickleValue?) -> String? {
    guard case .text(let text)? = value else { return nil }
    return string(text)
  }

  /// The text behind a value, if it is one that can be the name of something. One long text can stand in very many places,
  /// each of which would be a copy of it.
  func name(_ value: PickleValue?) -> String? {
    guard case .text(let text)? = value, text.count <= Self.nameLimit else { return nil }
    return string(text)
  }

  /// The most bytes of the name of a module or of something in it, or of a storage's key.
  static let nameLimit = 512

  private func string(_ text: PickleText) -> String? {
    let bytes = texts[Int(text.start)..<Int(text.start) + Int(text.count)]
    return String(validating: bytes, as: UTF8.self).flatMap { $0.isStreamSafe ? $0 : nil }
  }

  // MARK: - Tensors

  /// Adds a storage, or finds the one that is there under its key.
  mutating func add(_ storage: TorchStorage, _ place: FileError.Place) throws -> PickleValue {
    if let known = storagePlaces[storage.key] {
      guard storages[known] == storage else {
        throw FileError(
          .inconsistent, at: place, found: "storage \(storage.key.quoted) of another size or type",
          expected: "what was said of it before")
      }
      return .storage(Int32(known))
    }
    try charge(192, place)
    storagePlaces[storage.key] = storages.count
    storages.append(storage)
    return .storage(Int32(storages.count - 1))
  }

  mutating func add(_ view: TorchView, _ place: FileError.Place) throws -> PickleValue {
    try charge(128 + 16 * view.shape.count, place)
    views.append(view)
    return .tensor(Int32(views.count - 1))
  }
}

/// Memory that may still be taken on the word of a file.
struct MemoryBudget {
  private var remaining: Int
  private let total: Int

  /// Four times the file and a megabyte.
  init(fileByteCount: Int) {
    total = 4 * min(fileByteCount, Int.max / 8) + (1 << 20)
    remaining = total
  }

  /// The same, or `limit` bytes if that is less.
  func limited(to limit: Int) -> MemoryBudget {
    var copy = self
    copy.remaining = min(remaining, limit)
    return copy
  }

  mutating func charge(_ byteCount: Int, _ place: FileError.Place) throws {
    guard byteCount <= remaining else {
      throw FileError(
        .tooLarge, at: place, found: "more than \(total) bytes", expected: "at most 4 times the file and 1 MB"
      )
    }
    remaining -= byteCount
  }
}
