import Recurrent

/// A graph that was written, run operator by operator: a second opinion, which shares no code with the map that wrote it.
struct GraphProof {
  private let outputs: ComparedOutputs

  /// Runs the graph at `path` on the probe, and compares; nil if the file is none.
  ///
  /// - Throws: `FileError` or `GraphError` if the graph cannot be run; ``CommandError`` if it computes something else.
  init?(at path: String, of original: ChosenNetwork) throws {
    guard try TensorFile.format(of: path) == .onnx else { return nil }
    let model = try OnnxModel(reading: path)
    let isStep = !model.inputs.contains { $0.name == "input" }
    let input = Probe.input(for: original.network)
    let lengths = isStep ? Probe.lengths.map { _ in Probe.lengths[0] } : Probe.lengths
    let expected = try Probe.run(original.network, lengths: lengths)
    outputs = ComparedOutputs(
      expected, try isStep ? Self.steps(of: model, input) : model.run(Self.arrays(input, lengths)))
    guard outputs.tensors.count == expected.count, outputs.isWithinTolerance else {
      throw CommandError(
        .different, "the graph that was written does not compute \(original.file)",
        found: outputs.tensors.worst.map { "\($0.name) \($0.difference.text)" } ?? "no outputs",
        // Operators sum in other orders.
        expected: "outputs within \(ComparedOutputs.tolerance) of the largest",
        advice: "please report this, with the file")
    }
  }

  /// What was proven, for people.
  var line: String { "the graph, run operator by operator: \(outputs.text)" }

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
