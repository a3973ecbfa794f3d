import Recurrent

/// A graph of operators, run on arrays of a file.
struct GraphRun {
  let model: OnnxModel
  /// Under the names of the graph's inputs.
  private(set) var arrays: NamedTensors
  /// What the user should know of the arrays.
  private(set) var warnings: [String] = []

  /// Reads the arrays; the one array of an npy file is the one input that the graph needs.
  ///
  /// - Throws: `FileError` if a file cannot be read; `GraphError` if the graph cannot be run.
  init(_ model: OnnxModel, input file: String) throws {
    try model.checkRunnable()
    self.model = model
    let content = try TensorFile(reading: file)
    arrays = content.tensors
    if content.format == .npy, let array = arrays["array"], model.requiredInputs.count == 1 {
      arrays["array"] = nil
      arrays[model.requiredInputs[0].name] = array
    }
    for input in model.inputs { fitType(of: input, file) }
    let names = Set(model.inputs.map(\.name))
    for (name, tensor) in arrays where !names.contains(name) {
      warnings.append("\(file): array `\(name)` \(tensor.shape) is not an input of the graph")
    }
  }

  /// Floating-point arrays take the type of their input: NumPy's is float64 unless one says otherwise.
  private mutating func fitType(of input: GraphValue, _ file: String) {
    guard let array = arrays[input.name], let dtype = input.dtype, array.dtype != dtype,
      array.dtype.isFloatingPoint && dtype.isFloatingPoint
    else { return }
    arrays[input.name] = array.asType(dtype)
    guard dtype == .float32 else { return }
    warnings.append("\(file): array `\(input.name)` is float64 and the graph's is float32; it is rounded")
  }
}

extension RunCommand {
  /// What comes out of the file's graph, and a line about it.
  func runGraph() throws -> (NamedTensors, String) {
    try checkGraphOptions()
    let run = try GraphRun(OnnxModel(reading: weights), input: input)
    try warn(run.warnings)
    return (try run.model.run(run.arrays), run.model.summary)
  }

  /// Refuses what has no effect on a graph: it says itself what it computes, and of what.
  private func checkGraphOptions() throws {
    let choice = network.choice
    let places = [
      "--prefix": choice.prefix != nil, "--network": choice.network != nil, "--name": !choice.names.isEmpty,
      "--head": choice.head != nil,
    ]
    let readings = ["--batch-first": batchFirst, "--chunk": chunk != nil]
    let given = (places.merging(readings) { $1 }).filter(\.value).keys.sorted()
    let options = given + (choice.facts.options.isEmpty ? [] : [choice.facts.options])
    guard !options.isEmpty else { return }
    throw CommandError(
      .network, "\(options.joined(separator: " ")) with \(weights)",
      found: "a graph, which is run whole and says itself what it computes", expected: "a file of weights",
      advice:
        "leave \(options.count == 1 ? "the option" : "the options") out, or take the network out of the "
        + "graph: rnn convert \(weights) network.safetensors")
  }
}

extension OnnxModel {
  /// One line: operators, inputs and outputs.
  fileprivate var summary: String {
    let ends = "\(requiredInputs.map(\.description).joined(separator: ", ")) -> "
    return "graph of \(operatorCount) operators: " + ends + outputs.map(\.name).joined(separator: ", ")
  }
}
