import Recurrent

/// A graph that was written, run operator by operator: a second opinion, which shares no code with the map that wrote it.
struct GraphProof {
  private let rows: [NetworkComparison.Row]
  private let scale: Double

  /// Outputs may be this far off, relative to the largest of them: the graph's operators sum in other orders.
  private static let tolerance = 1e-5

  /// Runs the graph at `path` on the probe, and compares; nil if the file is none.
  ///
  /// - Throws: `FileError` or `GraphError` if the graph cannot be run; ``CommandError`` if it computes something else.
  init?(at path: String, of original: ChosenNetwork) throws {
    guard try TensorFile.format(of: path) == .onnx else { return nil }
    let model = try OnnxModel(reading: path)
    let isStep = !model.inputs.contains { $0.name == "input" }
    let network = original.network
    let input = Probe.input(size: network.network.inputSize, network.network.dtype)
    let lengths = isStep ? Probe.lengths.map { _ in Probe.lengths[0] } : Probe.lengths
    let expected = try StoredLayer(network).run(input, lengths: lengths)
    let found = try isStep ? Self.steps(of: model, input) : model.run(Self.arrays(input, lengths))
    rows = expected.compactMap { name, tensor in found[name].map { .init(name, tensor, $0) } }
    let numbers = expected["output"]?.asType(.float64).scalars(as: Double.self) ?? []
    scale = numbers.reduce(1) { $1.isFinite ? max($0, abs($1)) : $0 }
    let worst = rows.max { $0.difference.absolute < $1.difference.absolute }
    guard rows.count == expected.count, difference <= Self.tolerance * scale else {
      throw CommandError(
        .different, "the graph that was written does not compute \(original.file)",
        found: worst.map { "\($0.name) \($0.difference.text)" } ?? "no outputs",
        expected: "outputs within \(Self.tolerance) of the largest",
        advice: "please report this, with the file")
    }
  }

  private var difference: Double { rows.map(\.difference.absolute).max() ?? 0 }

  /// What was proven, for people.
  var line: String {
    let ulps = rows.map(\.difference.ulps).max() ?? 0
    return "the graph, run operator by operator: \(Int(clamping: ulps).counting("ULP")) apart"
      + (ulps == 0 ? "" : ", \(difference.scientific(2)) at most")
  }

  private static func arrays(_ input: Tensor, _ lengths: [Int]) -> NamedTensors {
    ["input": input, "lengths": Tensor(lengths.map { Int64($0) }, shape: [lengths.count])]
  }

  /// One step after the other, with the states fed back; under the names of whole sequences.
  private static func steps(of model: OnnxModel, _ input: Tensor) throws -> NamedTensors {
    var outputs: [Tensor] = []
    var results = NamedTensors()
    for step in 0..<input.shape[0] {
      var arrays: NamedTensors = ["x": input[step]]
      for name in ["h", "c"] { arrays[name] = results[name + "_next"] }
      results = try model.run(arrays)
      outputs.append(results["output"] ?? Tensor(zeros: []))
    }
    var result: NamedTensors = ["output": Tensor.stacked(outputs)]
    for name in ["h", "c"] { result[name + "_n"] = results[name + "_next"] }
    return result
  }
}
