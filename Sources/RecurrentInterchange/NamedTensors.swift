public import RecurrentTensors

/// Tensors under names, in order, with a few strings beside them: what a file of tensors holds.
///
/// ```swift
/// var tensors = NamedTensors()
/// tensors["lstm.weight_ih_l0"] = Tensor(zeros: [32, 5])
/// tensors.metadata["epoch"] = "3"
/// for (name, tensor) in tensors { print(name, tensor.shape) }
/// ```
///
/// Names are compared as Swift compares strings: two spellings of one character are one name.
/// PyTorch's counterpart is a state dict.
public struct NamedTensors: Sendable {
  /// Strings that travel with the tensors, where the format has room for them (safetensors does).
  public var metadata: [String: String]
  /// The file that the tensors came from, for messages; empty if they were made in code.
  public var source: String
  /// The operators among which the tensors stand, where a file has some.
  package var graph: TensorGraph?
  private var elements: [Element] = []
  private var places: [String: Int] = [:]

  /// No tensors.
  public init() {
    self.init(metadata: [:])
  }

  /// No tensors yet, but strings.
  public init(metadata: [String: String], source: String = "") {
    self.metadata = metadata
    self.source = source
  }

  /// Tensors under their names, such as a model's parameters.
  ///
  /// - Precondition: no name occurs twice.
  public init(_ tensors: some Sequence<Element>, metadata: [String: String] = [:]) {
    self.init(metadata: metadata)
    for (name, tensor) in tensors { append(distinct: name, tensor) }
  }

  /// The names in order.
  public var names: [String] { elements.map(\.name) }

  /// The tensor under `name`. A new name goes to the end; nil removes.
  ///
  /// - Complexity: O(1); O(`count`) to remove.
  public subscript(name: String) -> Tensor? {
    get { places[name].map { elements[$0].tensor } }
    set {
      guard let newValue else { return remove(name) }
      if let place = places[name] { elements[place].tensor = newValue } else { append(name, newValue) }
    }
  }

  /// The tensors whose names begin with `prefix`, under the rest of their names.
  ///
  /// - Complexity: O(`count`).
  public func droppingPrefix(_ prefix: String) -> NamedTensors {
    var result = NamedTensors(metadata: metadata, source: source)
    for (name, tensor) in elements where name.hasPrefix(prefix) {
      result[String(name.dropFirst(prefix.count))] = tensor
    }
    return result
  }

  /// Makes room for `capacity` tensors.
  mutating func reserveCapacity(_ capacity: Int) {
    elements.reserveCapacity(capacity)
    places.reserveCapacity(capacity)
  }

  private mutating func append(distinct name: String, _ tensor: Tensor) {
    precondition(places[name] == nil, "NamedTensors: \(name.quoted) occurs twice, expected distinct names")
    append(name, tensor)
  }

  private mutating func append(_ name: String, _ tensor: Tensor) {
    places[name] = elements.count
    elements.append((name, tensor))
  }

  private mutating func remove(_ name: String) {
    guard let place = places.removeValue(forKey: name) else { return }
    elements.remove(at: place)
    for index in place..<elements.count { places[elements[index].name] = index }
  }
}

extension NamedTensors: RandomAccessCollection {
  /// A name and its tensor.
  public typealias Element = (name: String, tensor: Tensor)

  /// The first index, 0.
  public var startIndex: Int { 0 }
  /// The number of tensors.
  public var endIndex: Int { elements.count }
  /// The name and tensor at `position`, in order.
  public subscript(position: Int) -> Element { elements[position] }
}

extension NamedTensors: ExpressibleByDictionaryLiteral {
  /// Tensors from a literal, in the order written.
  ///
  /// - Precondition: no name occurs twice.
  public init(dictionaryLiteral pairs: (String, Tensor)...) {
    self.init(metadata: [:])
    for (name, tensor) in pairs { append(distinct: name, tensor) }
  }
}
