public import RecurrentTensors

/// Tensors under dotted names, in a fixed order.
public struct ParameterList: RandomAccessCollection, Sendable {
  /// A parameter and its dotted name.
  public typealias Element = (name: String, tensor: Tensor)

  private var entries: [Element]
  private var places: [String: Int]

  /// Keeps the given tensors in their order.
  ///
  /// - Precondition: no name occurs twice.
  public init(_ entries: some Sequence<Element>) {
    self.entries = Array(entries)
    places = Dictionary(minimumCapacity: self.entries.count)
    for (place, entry) in self.entries.enumerated() {
      let before = places.updateValue(place, forKey: entry.name)
      precondition(before == nil, "ParameterList: two parameters are called \(entry.name)")
    }
  }

  /// 0.
  public var startIndex: Int { 0 }
  /// The number of parameters.
  public var endIndex: Int { entries.count }
  /// The name and tensor at a place in the order.
  public subscript(position: Int) -> Element { entries[position] }

  /// The tensor called `name`, or nil.
  ///
  /// - Complexity: O(1).
  public subscript(name: String) -> Tensor? {
    places[name].map { entries[$0].tensor }
  }

  /// The names in order.
  public var names: [String] { entries.map(\.name) }
  /// The tensors in order.
  public var tensors: [Tensor] { entries.map(\.tensor) }
  /// The number of elements of all tensors together.
  public var elementCount: Int { entries.reduce(0) { $0 + $1.tensor.count } }

  /// Runs `body` on every tensor in order; it may replace the tensor or write it in place.
  public mutating func update(_ body: (_ name: String, _ tensor: inout Tensor) -> Void) {
    for index in entries.indices { body(entries[index].name, &entries[index].tensor) }
  }

  /// Throws unless `tensors` holds exactly these names with these shapes and element types.
  func checkFits(_ tensors: ParameterList) throws(ParameterError) {
    for (name, own) in self {
      guard let tensor = tensors[name] else {
        throw ParameterError(kind: .missing, name: name, found: "no such tensor", expected: own.summary)
      }
      if tensor.shape != own.shape || tensor.dtype != own.dtype {
        let kind: ParameterError.Kind = tensor.shape != own.shape ? .shape : .dtype
        throw ParameterError(kind: kind, name: name, found: tensor.summary, expected: own.summary)
      }
    }
    if let extra = tensors.first(where: { self[$0.name] == nil }) {
      throw ParameterError(
        kind: .unknown, name: extra.name, found: extra.tensor.summary, expected: "no such parameter")
    }
  }
}

/// Why tensors could not be loaded into a module.
public struct ParameterError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The rule that was broken.
  public enum Kind: String, Sendable {
    /// The module has this parameter, the tensors lack it.
    case missing
    /// The tensors have this name, the module does not.
    case unknown
    /// The shapes differ.
    case shape
    /// The element types differ.
    case dtype
  }

  /// The rule that was broken.
  public let kind: Kind
  /// The dotted name of the parameter.
  public let name: String
  /// What the tensors hold.
  public let found: String
  /// What the module has.
  public let expected: String

  /// Name, rule, found against expected, on one line.
  public var description: String {
    "parameter \(name) (\(kind.rawValue)): found \(found), expected \(expected)"
  }
}

extension Tensor {
  fileprivate var summary: String { "\(dtype) \(shape)" }
}
