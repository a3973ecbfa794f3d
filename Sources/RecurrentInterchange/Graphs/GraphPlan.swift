import RecurrentTensors

/// A graph that is proven to be runnable: its operators are known, every name is defined once and before it is read.
struct GraphPlan {
  /// What the outputs need, in the order of the graph.
  let nodes: [GraphNode]
  /// After which of ``nodes`` a value is read no more; outputs are not here.
  let lastReader: [String: Int]

  /// Versions of ONNX's operators whose meaning is known here.
  static let operatorSets = 7...28

  /// - Throws: ``GraphError``; ``FileError`` if an attribute cannot be read.
  init(_ model: OnnxModel) throws {
    let all = try model.graph.nodes()
    try Self.checkOperators(all, model)
    try Self.checkNames(all, model)
    let needed = Self.needed(all, model)
    let outputs = Set(model.outputs.map(\.name))
    var last: [String: Int] = [:]
    for (place, node) in needed.enumerated() {
      for name in node.inputs where !outputs.contains(name) { last[name] = place }
    }
    nodes = needed
    lastReader = last
  }

  private static func checkOperators(_ nodes: [GraphNode], _ model: OnnxModel) throws {
    var counts: [String: Int] = [:]
    for node in nodes where GraphCall.operators[node.operatorName] == nil {
      counts[node.operatorName, default: 0] += 1
    }
    let missing = counts.sorted { $0.key < $1.key }
    guard missing.isEmpty else {
      let list = missing.map { $0.value == 1 ? $0.key : "\($0.key) (\($0.value) times)" }
      throw GraphError(
        .operators, file: model.source, found: list.joined(separator: ", "),
        expected: GraphCall.operators.keys.sorted().joined(separator: ", "))
    }
    guard operatorSets.contains(model.operatorSet) else {
      throw GraphError(
        .version, file: model.source, found: "operator set \(model.operatorSet)",
        expected: "\(operatorSets.lowerBound) to \(operatorSets.upperBound)",
        advice: "convert it with onnx.version_converter")
    }
  }

  private static func checkNames(_ nodes: [GraphNode], _ model: OnnxModel) throws {
    var defined = Set(model.tensors.names)
    var inputs = Set<String>()
    for input in model.inputs {
      guard !input.name.isEmpty && inputs.insert(input.name).inserted else {
        throw broken(model, "graph", "input \(input.name.quoted) twice or without a name", "distinct names")
      }
    }
    defined.formUnion(inputs)
    for node in nodes {
      if let name = node.inputs.first(where: { !$0.isEmpty && !defined.contains($0) }) {
        throw broken(model, node.title, "\(name.quoted), which nothing before it writes", "defined inputs")
      }
      for name in node.outputs where !name.isEmpty && !defined.insert(name).inserted {
        throw broken(model, node.title, "\(name.quoted) written again", "every name written once")
      }
    }
    if let output = model.outputs.first(where: { !defined.contains($0.name) }) {
      throw broken(model, "graph", "output \(output.name.quoted), which nothing writes", "defined outputs")
    }
  }

  private static func broken(
    _ model: OnnxModel, _ place: String, _ found: String, _ expected: String
  ) -> GraphError {
    GraphError(.structure, file: model.source, place: place, found: found, expected: expected)
  }

  private static func needed(_ nodes: [GraphNode], _ model: OnnxModel) -> [GraphNode] {
    var wanted = Set(model.outputs.map(\.name))
    var needed: [GraphNode] = []
    for node in nodes.reversed() where node.outputs.contains(where: { wanted.contains($0) }) {
      needed.append(node)
      wanted.formUnion(node.inputs.filter { !$0.isEmpty })
    }
    return needed.reversed()
  }
}
