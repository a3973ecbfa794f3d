import RecurrentKernels
import RecurrentTensors

/// A graph that can be asked who makes a value, who reads it, and which values are constant.
struct OnnxGraphIndex {
  let nodes: [GraphNode]
  let operatorSet: Int
  let tensors: NamedTensors
  let outputNames: Set<String>
  private var producers: [String: Int] = [:]
  private var consumers: [String: [Int]] = [:]
  private var constants: [String: Tensor] = [:]
  private var places: [String: Int] = [:]
  /// Bounds what one file can ask for.
  let work: OnnxWork

  /// Operators that move constants about, as exporters leave them; none makes more numbers than it reads.
  private static let foldable: Set<String> = [
    "Identity", "Constant", "Concat", "Slice", "Squeeze", "Unsqueeze", "Transpose", "Reshape", "Cast",
  ]
  /// Operators whose integers are shapes, axes and places.
  private static let shaping: Set<String> = [
    "Slice", "Concat", "Expand", "Reshape", "Squeeze", "Unsqueeze", "Gather", "ConstantOfShape", "Cast",
    "Shape",
  ]

  /// - Throws: ``FileError`` if an operator's attribute cannot be read.
  init(_ graph: TensorGraph, _ tensors: NamedTensors) throws {
    nodes = try graph.nodes()
    operatorSet = graph.operatorSet
    self.tensors = tensors
    outputNames = Set(graph.outputs.map(\.name))
    work = OnnxWork(tensors)
    for (place, (name, tensor)) in tensors.enumerated() {
      constants[name] = tensor
      places[name] = place
    }
    for (place, node) in nodes.enumerated() {
      for name in node.outputs where !name.isEmpty { producers[name] = place }
      for name in Set(node.inputs) where !name.isEmpty { consumers[name, default: []].append(place) }
    }
    foldConstants()
  }

  /// The places of the nodes that read a value.
  func readers(of value: String) -> [Int] { consumers[value] ?? [] }

  /// The node that makes a value; nil for inputs and stored tensors.
  func producer(of value: String) -> GraphNode? { producers[value].map { nodes[$0] } }

  /// A value that no input changes, such as a stored tensor; nil for any other.
  func constant(_ value: String) -> Tensor? { value.isEmpty ? nil : constants[value] }

  /// A node's constant integers, from an input or, in older operator sets, from an attribute.
  func integers(_ node: GraphNode, input place: Int, attribute: String) -> [Int]? {
    if case .integers(let values)? = node.attributes[attribute] { return values }
    guard place < node.inputs.count, let tensor = constant(node.inputs[place]), tensor.dtype == .int64 else {
      return nil
    }
    return tensor.scalars(as: Int64.self).map { Int(clamping: $0) }
  }

  /// What a node makes of tensors in place of its inputs; nil if it cannot be said.
  func evaluate(_ node: GraphNode, _ inputs: [Tensor?]) -> Tensor? {
    guard work.spend(inputs.reduce(1) { $0 + ($1?.count ?? 0) }) else { return nil }
    let call = GraphCall(node: node, operatorSet: operatorSet, inputs: inputs, file: tensors.source)
    return (try? call.results())?.first ?? nil
  }

  // MARK: - Constants

  /// Nodes stand in the order in which they run, so one pass is enough.
  private mutating func foldConstants() {
    for node in nodes where Self.foldable.contains(node.operatorName) {
      let inputs = node.inputs.map { constants[$0] }
      guard zip(node.inputs, inputs).allSatisfy({ $0.isEmpty || $1 != nil }), let output = node.outputs.first
      else { continue }
      if let result = evaluate(node, inputs) { constants[output] = result }
    }
  }

  /// The stored tensors that a value is made of, in the file's order.
  func storedTensors(behind values: [String]) -> [String] {
    var found: Set<String> = []
    var visited: Set<String> = []
    var waiting = values
    while let value = waiting.popLast() {
      guard visited.insert(value).inserted, work.spend(1) else { continue }
      if tensors[value] != nil { found.insert(value) }
      // Of what is asked for its shape only, no number goes into the values.
      if let node = producer(of: value), node.operatorName != "Shape" { waiting += node.inputs }
    }
    return inOrder(found)
  }

  /// Names of stored tensors in the file's order, each once.
  func inOrder(_ names: some Sequence<String>) -> [String] {
    Set(names).sorted { places[$0]! < places[$1]! }
  }

  /// The stored integers that only say shapes and places, and `lengths` that may be left out.
  var shapeTensors: [String] {
    tensors.filter { name, tensor in
      tensor.dtype == .int64
        && readers(of: name).allSatisfy { Self.shaping.contains(nodes[$0].operatorName) }
    }.map(\.name)
  }
}

/// How many numbers may still be moved while networks are looked for.
///
/// Nodes are small and can share tensors: without a bound, a file of a megabyte could ask for gigabytes of copies.
final class OnnxWork {
  private var left: Int

  init(_ tensors: NamedTensors) {
    left = tensors.reduce(1 << 18) { $0 + 16 * $1.tensor.count }
  }

  /// Whether `count` more are within bounds; takes them if so.
  func spend(_ count: Int) -> Bool {
    guard count <= left else { return false }
    left -= count
    return true
  }
}
