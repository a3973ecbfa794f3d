import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// Writes a network as a graph of ONNX's operators, over whole sequences or of one step.
///
/// Over sequences: `input [T, N, I]`, `h0` and from an LSTM `c0 [D*L, N, H]`, `lengths [N]` -> `output [T, N, D*H]` or the
/// head's `[T, N, out]`, `h_n` and `c_n [D*L, N, H]`. T and N are whatever is fed.
///
/// One step: `x [N, I]`, `h` and `c [L, N, H]` -> `output [N, H]`, `h_next` and `c_next`.
///
/// States and lengths may be left out. An input that may be left out has an initializer of its own name, which ONNX asks to
/// have the input's rank and known sizes; so a state's default is `[D*L, 1, H]`, which the graph expands to N, and
/// that of the lengths has no element: the graph puts N times T behind what is fed and takes the first N.
struct OnnxNetworkWriter {
  let stored: StoredNetwork
  let isStep: Bool
  private let levels: [[CellWeights]]
  var builder: OnnxGraphBuilder
  /// The lengths as the operators take them; empty for none.
  private var lengths = ""

  /// - Throws: ``FileError`` of kind `inexpressible`.
  init(_ stored: StoredNetwork, isStep: Bool) throws {
    self.stored = stored
    self.isStep = isStep
    levels = stored.levels
    builder = OnnxGraphBuilder(name: stored.name.isEmpty ? "network" : stored.name, comment: "")
    try checkExpressible()
  }

  private func checkExpressible() throws {
    func refuse(_ found: String, _ expected: String, _ advice: String? = nil) -> FileError {
      FileError(.inexpressible, at: .init(file: ""), found: found, expected: expected, advice: advice)
    }
    if network.projectionSize > 0 {
      throw refuse("\(network)", "an LSTM without projection: ONNX's operator has none")
    }
    if isStep && network.isBidirectional {
      throw refuse(
        "\(network)", "one direction: the reverse one begins at the sequence's end",
        "write the graph over sequences")
    }
  }

  var network: RecurrentNetwork { stored.network }
  var dtype: DType { network.dtype }
  private var kindName: String { network.kind.rawValue.uppercased() }

  // MARK: - Model

  /// Opset 17 and the version of the form that goes with it.
  mutating func model() throws -> OnnxModelProto {
    var model = OnnxModelProto()
    model.irVersion = 8
    model.producerName = "Recurrent"
    model.docString = description
    model.graph = try graph()
    var operators = OnnxOperatorSetIdProto()
    operators.domain = ""
    operators.version = 17
    model.opsetImport = [operators]
    model.metadataProps = OnnxRemarks(stored).properties
    return model
  }

  private var description: String {
    let order = NetworkSystem.onnx.gateOrder(of: network.kind).joined(separator: ", ")
    let gates = order.isEmpty ? "" : " Blocks of H rows in W, R and B in the order \(order)."
    return "\(network).\(gates) "
      + (isStep
        ? "One step; states may be left out." : "T steps, N sequences; states and lengths may be left out.")
  }

  private mutating func graph() throws -> OnnxGraphProto {
    let batchSize = addInputs()
    let states = addStates(batchSize)
    var value = isStep ? builder.add("Unsqueeze", ["x", builder.integers(0)], ["sequence"]) : "input"
    var results: [[String]] = []
    for level in 0..<network.layerCount {
      let outputs = try addLevel(level, value, states)
      results.append(Array(outputs.dropFirst()))
      value = addMerging(outputs[0], level)
    }
    if isStep { value = addLastSqueeze(value) }
    if let head = stored.head { try OnnxHead(head).write(to: &builder, from: value, into: "output") }
    addResults(results)
    return builder.graph
  }

  // MARK: - Inputs

  private var stateNames: [String] {
    Array((isStep ? ["h", "c"] : ["h0", "c0"]).prefix(network.kind == .lstm ? 2 : 1))
  }
  private var stateSizes: [OnnxGraphBuilder.Size] {
    [.fixed(network.layerCount * network.directionCount), .named("N"), .fixed(network.hiddenSize)]
  }

  /// Adds the inputs; returns the name of `[N]`.
  private mutating func addInputs() -> String {
    let input = isStep ? "x" : "input"
    builder.addInput(
      input, dtype, (isStep ? [] : [.named("T")]) + [.named("N"), .fixed(network.inputSize)],
      comment: "The numbers of \(isStep ? "a step" : "all steps").")
    let (zero, one) = (builder.integers(0), builder.integers(1))
    let shape = builder.add("Shape", [input], ["input_shape"])
    if isStep { return builder.add("Slice", [shape, zero, one], ["batch_size"]) }
    let steps = builder.add("Slice", [shape, zero, one], ["step_count"])
    let batchSize = builder.add("Slice", [shape, one, builder.integers(2)], ["batch_size"])
    addLengths(steps, batchSize)
    return batchSize
  }

  private mutating func addLengths(_ steps: String, _ batchSize: String) {
    builder.addInput("lengths", .int64, [.named("N")], comment: "The real steps of each; all T if left out.")
    builder.addTensor("lengths", Tensor([Int64](), shape: [0]))
    let whole = builder.add("Expand", [steps, batchSize], ["whole_lengths"])
    let both = builder.add(
      "Concat", ["lengths", whole], ["lengths_or_whole"], attributes: [.init("axis", 0)])
    let chosen = builder.add("Slice", [both, builder.integers(0), batchSize], ["chosen_lengths"])
    lengths = builder.add(
      "Cast", [chosen], ["sequence_lens"],
      attributes: [.init("to", OnnxTensorProto.DataType.int32.rawValue)])
  }

  /// Adds the initial states; returns the names of those of all levels, expanded to N sequences.
  private mutating func addStates(_ batchSize: String) -> [String] {
    let sizes = [network.layerCount * network.directionCount, network.hiddenSize]
    let shape = builder.add(
      "Concat", [builder.integers(sizes[0]), batchSize, builder.integers(sizes[1])], ["state_shape"],
      attributes: [.init("axis", 0)])
    let cells = levels.joined()
    return zip(stateNames, [cells.map(\.initialHidden), cells.map(\.initialCell)]).map { name, states in
      let parts = states.compactMap(\.self)
      let trained = parts.isEmpty ? nil : Tensor.stacked(parts).reshaped([sizes[0], 1, sizes[1]])
      builder.addInput(
        name, dtype, stateSizes, comment: trained == nil ? "Zeros if left out." : "As trained if left out.")
      builder.addTensor(name, trained ?? Tensor(zeros: [sizes[0], 1, sizes[1]], dtype: dtype))
      return builder.add("Expand", [name, shape], [name + "_all"])
    }
  }

  // MARK: - Levels

  /// Adds one level's operator; returns the names of its outputs Y, Y_h and, from an LSTM, Y_c.
  private mutating func addLevel(_ level: Int, _ input: String, _ states: [String]) throws -> [String] {
    let name = "\(network.kind.rawValue)_l\(level)"
    let weights = OnnxLevelWeights(levels[level], kind: network.kind)
    func add(_ role: String, _ tensor: Tensor?) -> String {
      tensor.map { builder.addTensor("\(name).\(role)", $0) } ?? ""
    }
    var inputs = [input, add("W", weights.input), add("R", weights.hidden), add("B", weights.bias), lengths]
    inputs += states.map { stateOfLevel(level, $0) }
    inputs.append(add("P", weights.peepholes))
    while inputs.last == "" { inputs.removeLast() }
    let outputs = ["Y", "Y_h", "Y_c"].prefix(states.count + 1).map { "\(name).\($0)" }
    let finals = network.layerCount == 1 ? Array(resultNames) : Array(outputs.dropFirst())
    builder.add(
      kindName, inputs, [outputs[0]] + finals, attributes: try attributes(), comment: levelComment(level))
    builder.nameLastNode(name)
    return [outputs[0]] + finals
  }

  private func attributes() throws -> [OnnxAttributeProto] {
    [
      .init("hidden_size", network.hiddenSize),
      .init("direction", network.isBidirectional ? "bidirectional" : "forward"),
    ] + (try stored.variant.onnxAttributes(of: network.kind, directionCount: network.directionCount, dtype))
  }

  private func levelComment(_ level: Int) -> String {
    let gates = NetworkSystem.onnx.gateOrder(of: network.kind)
    let order = gates.isEmpty ? "" : " Blocks of rows: \(gates.joined(separator: ", "))."
    let peepholes = network.kind == .lstm ? " Blocks of P, if there is one: i, o, f." : ""
    return "Level \(level).\(order)\(peepholes)"
  }

  /// The rows of a state that are one level's.
  private mutating func stateOfLevel(_ level: Int, _ state: String) -> String {
    if network.layerCount == 1 { return state }
    let (begin, end) = (level * network.directionCount, (level + 1) * network.directionCount)
    let inputs = [state, builder.integers(begin), builder.integers(end)]
    return builder.add("Slice", inputs, ["\(state)_l\(level)"])
  }

  /// Brings Y `[T, D, N, H]` into the form of an input, `[T, N, D*H]`.
  private mutating func addMerging(_ output: String, _ level: Int) -> String {
    let isLast = level == network.layerCount - 1 && stored.head == nil && !isStep
    let name = isLast ? "output" : "\(network.kind.rawValue)_l\(level).output"
    if !network.isBidirectional { return builder.add("Squeeze", [output, builder.integers(1)], [name]) }
    let sides = builder.add(
      "Transpose", [output], ["\(name).sides"], attributes: [.init("perm", [0, 2, 1, 3])])
    return builder.add("Reshape", [sides, builder.integers(0, 0, -1)], [name])
  }

  private mutating func addLastSqueeze(_ value: String) -> String {
    builder.add("Squeeze", [value, builder.integers(0)], [stored.head == nil ? "output" : "last_step"])
  }

  // MARK: - Outputs

  private var resultNames: ArraySlice<String> {
    (isStep ? ["h_next", "c_next"] : ["h_n", "c_n"]).prefix(network.kind == .lstm ? 2 : 1)
  }

  private mutating func addResults(_ results: [[String]]) {
    let size = stored.head?.weight.shape[0] ?? network.directionCount * network.hiddenSize
    builder.addOutput(
      "output", dtype, (isStep ? [] : [.named("T")]) + [.named("N"), .fixed(size)],
      comment: "\(stored.head == nil ? "The last level" : "The head")'s, of every step.")
    for (place, name) in resultNames.enumerated() {
      if network.layerCount > 1 {
        builder.add("Concat", results.map { $0[place] }, [name], attributes: [.init("axis", 0)])
      }
      builder.addOutput(name, dtype, stateSizes, comment: "The state after the last step.")
    }
  }
}

/// What a network has beside what its graph computes, as strings in the model, so that it comes back as it was.
struct OnnxRemarks {
  /// Whether the network is a cell rather than a layer.
  let isCell: Bool
  /// Whether defaults of states are trained, even those that are zeros.
  let hasTrainedState: Bool

  private static let keys = (form: "recurrent.form", state: "recurrent.initial_state")

  init(_ stored: StoredNetwork) {
    isCell = stored.network.isCell
    hasTrainedState = stored.levels[0][0].initialHidden != nil
  }

  init(_ metadata: [String: String]) {
    isCell = metadata[Self.keys.form] == "cell"
    hasTrainedState = metadata[Self.keys.state] == "trained"
  }

  var properties: [OnnxStringStringEntryProto] {
    let remarks = [(isCell, Self.keys.form, "cell"), (hasTrainedState, Self.keys.state, "trained")]
    return remarks.filter(\.0).map { _, key, value in
      var entry = OnnxStringStringEntryProto()
      entry.key = key
      entry.value = value
      return entry
    }
  }
}
