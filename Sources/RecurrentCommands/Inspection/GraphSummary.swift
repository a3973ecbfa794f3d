import Recurrent
import RecurrentInterchange

/// What is to be known of a graph before it is run.
struct GraphSummary {
  private let model: OnnxModel

  init(_ model: OnnxModel) { self.model = model }

  var text: String {
    var table = TextTable(header: ["graph", ""], [.left, .left])
    let producer = model.producer.isEmpty ? "" : "\(model.producer.printable), "
    table.add(["made by", "\(producer)operators of version \(model.operatorSet)"])
    for input in model.inputs {
      let mark = model.tensors[input.name] == nil ? "" : ", may be left out"
      table.add(["input", input.description.printable + mark])
    }
    for output in model.outputs { table.add(["output", output.description.printable]) }
    for (name, count) in operators { table.add(["operator", "\(name.printable) x \(count.grouped)"]) }
    return table.text + missing
  }

  /// The operators by name, each with how often it occurs.
  private var operators: [(String, Int)] {
    let nodes = (try? model.graph.nodes()) ?? []
    let counts = Dictionary(nodes.map { ($0.operatorName, 1) }, uniquingKeysWith: +)
    return counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// What keeps the graph from being run, if anything.
  private var missing: String {
    do {
      try model.checkRunnable()
      return ""
    } catch {
      return "cannot be run: \("\(error)".printable)\n"
    }
  }
}
