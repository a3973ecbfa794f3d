/// The tensors of nested collections under dotted names, such as `optimizer.state.0.exp_avg`, and the numbers and texts
/// beside them.
struct TorchNames {
  private(set) var tensors: [(name: String, view: Int)] = []
  private(set) var metadata: [String: String] = [:]
  private let heap: PickleHeap
  private let file: String
  private var budget: MemoryBudget
  private var taken = Set<String>()

  /// The most levels of collections. One that holds itself has no end.
  private static let depthLimit = 64
  /// The most bytes of a name.
  private static let nameLimit = 4096

  init(_ heap: PickleHeap, file: String, _ budget: MemoryBudget) {
    (self.heap, self.file, self.budget) = (heap, file, budget)
  }

  /// Adds what is in `value`. A tensor without any collection around it is called `tensor`.
  mutating func add(_ value: PickleValue, name: String = "") throws {
    try add(value, name, depth: 0, keepsMetadata: heap.object(value)?.kind != .instance)
  }

  private mutating func add(_ value: PickleValue, _ name: String, depth: Int, keepsMetadata: Bool) throws {
    try budget.charge(16, place(name))
    try prove(name, name.utf8.count)
    switch value {
    case .tensor(let view):
      let name = name.isEmpty ? "tensor" : name
      try take("tensor " + name, name)
      tensors.append((name, Int(view)))
    case .object:
      guard depth < Self.depthLimit else {
        throw FileError(
          .nesting, at: place(name), found: "a collection in itself, or more than \(Self.depthLimit) levels",
          expected: "at most \(Self.depthLimit) levels")
      }
      try addItems(heap.object(value)!, name, depth: depth + 1, keepsMetadata)
    default:
      guard keepsMetadata, let text = text(of: value), !name.isEmpty else { return }
      try budget.charge(text.utf8.count, place(name))
      try take("metadata " + name, name)
      metadata[name] = text
    }
  }

  private mutating func addItems(_ object: PickleObject, _ name: String, depth: Int, _ keepsMetadata: Bool)
    throws
  {
    if object.kind == .sequence {
      for (index, item) in object.items.enumerated() {
        try add(item, Self.join(name, "\(index)"), depth: depth, keepsMetadata: keepsMetadata)
      }
      return
    }
    for index in stride(from: 0, to: object.items.count - 1, by: 2) {
      let key = try key(object.items[index], index / 2)
      // The list by which a scripted layer finds its weights, which stand under names of their own beside it.
      if object.kind == .instance && key == "_flat_weights" { continue }
      try add(object.items[index + 1], Self.join(name, key), depth: depth, keepsMetadata: keepsMetadata)
    }
  }

  private static func join(_ name: String, _ key: String) -> String { name.isEmpty ? key : name + "." + key }

  /// A key that is neither a text nor an integer has its place as its name.
  private func key(_ value: PickleValue, _ index: Int) throws -> String {
    if case .int(let number) = value { return "\(number)" }
    if case .text(let text) = value { try prove("", Int(text.count)) }
    return heap.text(value) ?? "#\(index)"
  }

  private func text(of value: PickleValue) -> String? {
    switch value {
    case .bool(let value): value ? "true" : "false"
    case .int(let value): "\(value)"
    case .float(let value): "\(value)"
    default: heap.text(value)
    }
  }

  /// Makes sure that no two tensors, and no two numbers or texts, have one name.
  private mutating func take(_ key: String, _ name: String) throws {
    try budget.charge(2 * key.utf8.count + 128, place(name))
    guard taken.insert(key).inserted else {
      throw FileError(.duplicate, at: place(name), found: "\(name.quoted) again", expected: "every name once")
    }
  }

  /// Before a text is made of a name: one long text may be the name of many.
  private func prove(_ name: String, _ byteCount: Int) throws {
    guard byteCount <= Self.nameLimit else {
      let found = "a name of \(byteCount) bytes"
      throw FileError(.name, at: place(name), found: found, expected: "at most \(Self.nameLimit)")
    }
  }

  private func place(_ name: String) -> FileError.Place {
    FileError.Place(file: file, tensor: name.isEmpty ? nil : name)
  }
}
