import RecurrentKernels
import RecurrentTensors

/// One operator on its inputs. Its checks stand before every computation, so that no file can break a precondition.
struct GraphCall {
  let node: GraphNode
  let operatorSet: Int
  /// nil where an optional input is left out.
  let inputs: [Tensor?]
  let file: String

  /// The most elements of a tensor that a graph may make out of smaller ones: 1 GiB of float32.
  static let elementLimit = 1 << 28

  /// The operator's outputs, in order; nil for one that it does not have.
  func results() throws -> [Tensor?] {
    guard let compute = Self.operators[node.operatorName] else {
      throw error(found: node.operatorName, expected: "an operator that is run here")
    }
    return try compute(self)
  }

  // MARK: - Inputs

  /// An input that may be left out.
  func optional(_ place: Int) -> Tensor? { place < inputs.count ? inputs[place] : nil }

  /// An input that must be there.
  func input(_ place: Int) throws -> Tensor {
    guard let tensor = optional(place) else {
      throw error(found: "\(inputs.count) inputs", expected: "an input \(place)")
    }
    return tensor
  }

  /// An input that must be there and hold floating-point numbers.
  func floating(_ place: Int) throws -> Tensor {
    let tensor = try input(place)
    try require(tensor.dtype.isFloatingPoint, "\(tensor.dtype)", "float32 or float64 for input \(place)")
    return tensor
  }

  /// An input of integers, such as axes or a shape; nil if it is left out.
  func integers(_ place: Int) throws -> [Int]? {
    guard let tensor = optional(place) else { return nil }
    try require(
      tensor.dtype == .int64 && tensor.rank <= 1, "\(tensor.dtype) \(tensor.shape)",
      "a list of integers for input \(place)")
    return tensor.scalars(as: Int64.self).map { Int(clamping: $0) }
  }

  // MARK: - Attributes

  func integer(_ name: String) throws -> Int? {
    guard let attribute = node.attributes[name] else { return nil }
    guard case .integer(let value) = attribute else { throw wrongAttribute(name, "an integer") }
    return value
  }

  func flag(_ name: String) throws -> Bool {
    guard let value = try integer(name) else { return false }
    try require(value == 0 || value == 1, "\(name) \(value)", "0 or 1")
    return value == 1
  }

  func number(_ name: String) throws -> Double? {
    guard let attribute = node.attributes[name] else { return nil }
    guard case .float(let value) = attribute else { throw wrongAttribute(name, "a number") }
    return value
  }

  func integers(_ name: String) throws -> [Int]? {
    guard let attribute = node.attributes[name] else { return nil }
    guard case .integers(let values) = attribute else { throw wrongAttribute(name, "integers") }
    return values
  }

  func numbers(_ name: String) throws -> [Double]? {
    guard let attribute = node.attributes[name] else { return nil }
    guard case .floats(let values) = attribute else { throw wrongAttribute(name, "numbers") }
    return values
  }

  func string(_ name: String) throws -> String? {
    guard let attribute = node.attributes[name] else { return nil }
    guard case .string(let value) = attribute else { throw wrongAttribute(name, "a string") }
    return value
  }

  func strings(_ name: String) throws -> [String]? {
    guard let attribute = node.attributes[name] else { return nil }
    guard case .strings(let values) = attribute else { throw wrongAttribute(name, "strings") }
    return values
  }

  func wrongAttribute(_ name: String, _ expected: String) -> GraphError {
    error(found: "attribute \(name.quoted) of another kind", expected: expected)
  }

  // MARK: - Checks

  func error(found: String, expected: String) -> GraphError {
    GraphError(.value, file: file, place: node.title, found: found, expected: expected)
  }

  func require(
    _ isRight: Bool, _ found: @autoclosure () -> String, _ expected: @autoclosure () -> String
  ) throws {
    if !isRight { throw error(found: found(), expected: expected()) }
  }

  /// An axis of a tensor of `rank` dimensions; negative ones count from the end.
  func axis(_ axis: Int, rank: Int) throws -> Int {
    try require(axis >= -rank && axis < rank, "axis \(axis)", "an axis of \(rank) dimensions")
    return axis < 0 ? axis + rank : axis
  }

  /// Different axes.
  func axes(_ axes: [Int], rank: Int) throws -> [Int] {
    let proven = try axes.map { try axis($0, rank: rank) }
    try require(Set(proven).count == proven.count, "axes \(axes.prefix(9))", "each axis once")
    return proven
  }

  /// The shape of a result that is to be made.
  func proven(_ shape: Shape) throws -> Shape {
    let count = shape.provenElementCount
    try require(
      count.map { $0 <= Self.elementLimit } ?? false, "a result of shape \(shape.prefix(9))",
      "sizes of at least 0, and at most \(Self.elementLimit) elements")
    return shape
  }
}
