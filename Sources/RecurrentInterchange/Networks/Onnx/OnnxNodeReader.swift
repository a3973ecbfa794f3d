import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// Reads what one recurrent operator says of itself.
struct OnnxNodeReader {
  let node: GraphNode
  let kind: RecurrentNetwork.Kind
  let index: OnnxGraphIndex
  /// What the attributes say.
  let settings: RecurrentSettings

  /// - Throws: ``FileError`` of kind `inexpressible` if the operator's attributes make it what no layer here is.
  init(_ node: GraphNode, _ kind: RecurrentNetwork.Kind, _ index: OnnxGraphIndex) throws {
    (self.node, self.kind, self.index) = (node, kind, index)
    let file = index.tensors.source
    do {
      settings = try RecurrentSettings(
        GraphCall(node: node, operatorSet: index.operatorSet, inputs: [], file: file), kind)
    } catch let error as GraphError {
      throw FileError(
        .inexpressible, at: .init(file: file, tensor: node.title), found: error.found,
        expected: error.expected)
    }
    try checkDirections()
  }

  private func checkDirections() throws {
    if settings.reversals == [true] {
      throw error(
        .inexpressible, "direction reverse alone", "forward or bidirectional: layers here have no other")
    }
    guard settings.variants.allSatisfy({ $0 == settings.variants[0] }) else {
      throw error(.inexpressible, "activations that differ by direction", "the same in both directions")
    }
  }

  private func input(_ place: Int) -> String { place < node.inputs.count ? node.inputs[place] : "" }

  private func error(_ kind: FileError.Kind, _ found: String, _ expected: String) -> FileError {
    FileError(
      kind, at: .init(file: index.tensors.source, tensor: node.title), found: found, expected: expected)
  }

  // MARK: - Weights

  /// - Throws: ``FileError`` of kind `misshapenTensor`, `dtype` or `missingTensor`.
  func weights(_ input: Tensor, _ hidden: Tensor) throws -> OnnxLevelWeights {
    let directions = settings.reversals.count
    let gates = kind.gateCount
    guard hidden.rank == 3, input.rank == 3, hidden.shape[2] > 0, input.shape[2] > 0 else {
      throw misshapen("W \(input.shape) and R \(hidden.shape)", "[D, \(gates)*H, I] and [D, \(gates)*H, H]")
    }
    let size = hidden.shape[2]
    let (rows, isTooLarge) = size.multipliedReportingOverflow(by: gates)
    guard !isTooLarge, hidden.shape == [directions, rows, size], input.shape.dropLast() == [directions, rows]
    else {
      let expected = "[\(directions), \(gates)*\(size), I] and [\(directions), \(gates)*\(size), \(size)]"
      throw misshapen("W \(input.shape) and R \(hidden.shape)", expected)
    }
    if let stated = settings.hiddenSize, stated != size {
      throw misshapen("hidden_size \(stated)", "\(size), as in R \(hidden.shape)")
    }
    let bias = try constant(3, "B", [directions, 2 * rows], input.dtype)
    let peepholes = kind == .lstm ? try constant(7, "P", [directions, 3 * size], input.dtype) : nil
    guard input.dtype.isFloatingPoint, hidden.dtype == input.dtype else {
      throw error(.dtype, "W \(input.dtype) and R \(hidden.dtype)", "both float32 or both float64")
    }
    return OnnxLevelWeights(input: input, hidden: hidden, bias: bias, peepholes: peepholes)
  }

  private func misshapen(_ found: String, _ expected: String) -> FileError {
    error(.misshapenTensor, found, expected)
  }

  /// A tensor that may be left out, but must be constant if the weights are.
  private func constant(_ place: Int, _ role: String, _ shape: Shape, _ dtype: DType) throws -> Tensor? {
    guard !input(place).isEmpty else { return nil }
    guard let tensor = index.constant(input(place)) else {
      throw error(.missingTensor, "\(role) \(input(place).quoted), which is computed", "\(role) in the file")
    }
    guard tensor.shape == shape else { throw misshapen("\(role) \(tensor.shape)", "\(shape)") }
    guard tensor.dtype == dtype else { throw error(.dtype, "\(role) \(tensor.dtype)", "\(dtype), as W") }
    return tensor
  }

  /// The values that the node reads and that no input changes.
  var constantInputs: [String] { node.inputs.dropFirst().filter { index.constant($0) != nil } }

  /// Lengths that are stored in the file would be forgotten.
  func checkLengths() throws {
    guard index.constant(input(4)) == nil else {
      throw error(
        .inexpressible, "sequence_lens \(input(4).quoted), fixed in the file",
        "lengths that are an input, or none")
    }
  }

  // MARK: - Initial state

  /// A constant initial state `[D, H]`; nil if there is none, or if the graph is given or computes it.
  ///
  /// - Throws: ``FileError`` if it differs between sequences.
  func initialState(_ place: Int, _ weights: OnnxLevelWeights) throws -> Tensor? {
    guard let state = try trace(input(place), depth: 0) else { return nil }
    let axis = settings.isBatchFirst ? 0 : 1
    let shape = [weights.directionCount, weights.hiddenSize]
    guard state.rank == 3, state.shape[axis] > 0, state.dtype == weights.input.dtype,
      state.shape[1 - axis] == shape[0], state.shape[2] == shape[1]
    else { throw misshapen("an initial state \(state.shape)", "[\(shape[0]), N, \(shape[1])]") }
    let first = state.slice(axis: axis, 0..<1)
    let isShared =
      index.work.spend(state.count)
      && (1..<max(1, state.shape[axis])).allSatisfy {
        state.slice(axis: axis, $0..<$0 + 1).isBitwiseEqual(to: first)
      }
    guard isShared else {
      throw error(
        .inexpressible, "initial states that differ between \(state.shape[axis]) sequences",
        "one for all sequences")
    }
    return first.reshaped(shape)
  }

  /// The tensor that a state is made of, before it is expanded to all sequences; nil if an input decides.
  private func trace(_ value: String, depth: Int) throws -> Tensor? {
    if let constant = index.constant(value) { return constant }
    guard depth < 8, let node = index.producer(of: value) else { return nil }
    switch node.operatorName {
    case "Identity", "Expand": return try node.inputs.first.flatMap { try trace($0, depth: depth + 1) }
    case "Slice", "Concat", "Squeeze", "Unsqueeze", "Transpose":
      var inputs: [Tensor?] = []
      for name in node.inputs {
        let tensor = name.isEmpty ? nil : try trace(name, depth: depth + 1)
        if !name.isEmpty && tensor == nil { return nil }
        inputs.append(tensor)
      }
      return index.evaluate(node, inputs)
    case "ConstantOfShape":
      guard case .tensor(let fill)? = node.attributes["value"], fill.count == 1, fill.dtype.isFloatingPoint,
        fill.reshaped([]).item() != 0
      else { return nil }
      throw error(
        .inexpressible, "initial states that are all \(fill.reshaped([]).item())", "zeros or a tensor")
    default: return nil
    }
  }
}
