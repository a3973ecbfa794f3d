import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// A recurrent operator of a graph whose weights are constant.
struct OnnxLevel {
  /// Where the node stands in the graph.
  let place: Int
  let kind: RecurrentNetwork.Kind
  let weights: OnnxLevelWeights
  let variant: CellVariant
  /// Whether sequences come before steps: the attribute `layout`.
  let isBatchFirst: Bool
  /// Constant initial states `[D, H]`, hidden and cell; nil where there are none, or zeros.
  let initialStates: [Tensor?]
  /// The values that the node reads and that no input must change.
  let constantInputs: [String]

  var dtype: DType { weights.input.dtype }

  /// Whether two operators can be levels of one network.
  func fits(_ next: OnnxLevel) -> Bool {
    kind == next.kind && variant == next.variant && isBatchFirst == next.isBatchFirst && dtype == next.dtype
      && weights.hiddenSize == next.weights.hiddenSize
      && weights.directionCount == next.weights.directionCount
      && (weights.bias == nil) == (next.weights.bias == nil)
      && (weights.peepholes == nil) == (next.weights.peepholes == nil)
      && next.weights.inputSize == weights.directionCount * weights.hiddenSize
  }
}

extension OnnxLevel {
  /// The weights of each direction, with the initial states if the network has any.
  func cells(hasStates: Bool) -> [CellWeights] {
    (0..<weights.directionCount).map { direction in
      var cell = weights.cell(direction: direction, kind: kind)
      guard hasStates else { return cell }
      let states = initialStates.map { $0?[direction] ?? Tensor(zeros: [weights.hiddenSize], dtype: dtype) }
      cell.initialHidden = states[0]
      cell.initialCell = states.count > 1 ? states[1] : nil
      return cell
    }
  }
}

// MARK: - From a node

extension OnnxLevel {
  /// nil if the node is not recurrent, or its weights are not in the file.
  ///
  /// - Throws: ``FileError`` if it computes what no cell here does, or its tensors do not fit each other.
  init?(_ place: Int, in index: OnnxGraphIndex, keepingZeroStates: Bool) throws {
    let node = index.nodes[place]
    guard let kind = RecurrentNetwork.Kind(rawValue: node.operatorName.lowercased()),
      node.operatorName == kind.rawValue.uppercased(), node.inputs.count >= 3,
      let input = index.constant(node.inputs[1]), let hidden = index.constant(node.inputs[2])
    else { return nil }
    let reader = try OnnxNodeReader(node, kind, index)
    self.place = place
    self.kind = kind
    let weights = try reader.weights(input, hidden)
    self.weights = weights
    variant = reader.settings.variants[0].shortened(kind, weights.input.dtype)
    isBatchFirst = reader.settings.isBatchFirst
    let places = kind == .lstm ? [5, 6] : [5]
    let states = try places.map { try reader.initialState($0, weights) }
    initialStates = keepingZeroStates ? states : states.map { $0?.isZero == false ? $0 : nil }
    constantInputs =
      reader.constantInputs + zip(places, states).filter { $0.1 != nil }.map { node.inputs[$0.0] }
    try reader.checkLengths()
  }
}
