public import RecurrentKernels
import RecurrentTensors

/// What a recurrent network is, read from the names and shapes of its weights as PyTorch writes them.
///
/// With G gates (RNN 1, GRU 3, LSTM 4), layer k of a network has, under one prefix,
/// `weight_ih_l{k} [G*H, in]`, `weight_hh_l{k} [G*H, H]`, `bias_ih_l{k}` and `bias_hh_l{k} [G*H]`, each again with
/// `_reverse` if it is bidirectional. An LSTM with projections has `weight_hr_l{k} [P, H]` and
/// `weight_hh_l{k} [4*H, P]`. What PyTorch does not have is called alike: an LSTM's peepholes `weight_peephole_l{k} [3*H]`,
/// rows in the order i, f, o; trainable initial states `initial_hidden_l{k} [H or P]`, and of an LSTM
/// `initial_cell_l{k} [H]`. A cell has the names of one layer without `_l{k}`.
///
/// ```swift
/// let network = try RecurrentNetwork(describing: SafeTensors.read("model.safetensors"), prefix: "encoder.")
/// print(network)   // LSTM at encoder.: input 5, hidden 8, 2 layers, bidirectional, bias, float32
/// ```
///
/// Whether an RNN applies tanh or relu is not in the weights, nor is any other ``CellVariant``.
public struct RecurrentNetwork: Sendable, Equatable {
  /// The kind of cell.
  public enum Kind: String, Sendable, CaseIterable {
    /// One gate; whether tanh or relu follows, weights do not tell.
    case rnn
    /// Four gates, in the order i, f, g, o.
    case lstm
    /// Three gates, in the order r, z, n.
    case gru

    /// The number of gates G: blocks of H rows in each weight.
    public var gateCount: Int {
      switch self {
      case .rnn: 1
      case .gru: 3
      case .lstm: 4
      }
    }
  }

  /// The kind of cell.
  public let kind: Kind
  /// What stands before each name, such as `encoder.`.
  public let prefix: String
  /// Whether it is a cell, for one step at a time, rather than a layer.
  public let isCell: Bool
  /// I, the columns of `weight_ih_l0`.
  public let inputSize: Int
  /// H.
  public let hiddenSize: Int
  /// L, 1 in a cell.
  public let layerCount: Int
  /// Whether every layer also runs backward.
  public let isBidirectional: Bool
  /// Whether there are biases.
  public let hasBias: Bool
  /// The size of the projected hidden state; 0 without projection.
  public let projectionSize: Int
  /// Whether an LSTM's gates see the cell state.
  public let hasPeepholes: Bool
  /// Whether the state that sequences start from is among the weights.
  public let hasInitialState: Bool
  /// The element type of every weight.
  public let dtype: DType

  /// The number of directions D.
  public var directionCount: Int { isBidirectional ? 2 : 1 }
  /// The size of one direction's output: the projection's, or H.
  public var outputSize: Int { projectionSize == 0 ? hiddenSize : projectionSize }

  /// Reads what network `tensors` hold at `prefix`; without a prefix, the only one that they hold.
  ///
  /// Every tensor of the network must be there, with the shape that the others ask for, all of one floating-point
  /// type; and no other weight with a recurrent layer's name may stand under the prefix.
  ///
  /// - Throws: ``FileError`` of kind `noNetwork`, `ambiguousNetwork`, `missingTensor`, `misshapenTensor`,
  ///   `unexpectedTensor` or `dtype`.
  /// - Complexity: O(number of tensors).
  public init(describing tensors: NamedTensors, prefix: String? = nil) throws {
    try self.init(RecurrentWeights(tensors, prefix: prefix))
  }

  init(_ weights: RecurrentWeights) throws {
    let sizes = try weights.readSizes()
    kind = sizes.kind
    self.prefix = weights.prefix
    isCell = weights.isCell
    inputSize = sizes.input
    hiddenSize = sizes.hidden
    layerCount = try weights.readLayerCount()
    isBidirectional = weights.names.contains { $0.isReverse }
    hasBias = weights.names.contains { $0.role.isBias }
    projectionSize = sizes.projection
    hasPeepholes = kind == .lstm && weights.names.contains { $0.role == .peephole }
    hasInitialState = weights.names.contains { $0.role == .initialHidden }
    dtype = sizes.dtype
    try weights.prove(parameters.map { ($0, shape(of: $0)) }, dtype)
  }

  /// The prefixes in `tensors` under which a recurrent layer or cell begins, in order.
  ///
  /// - Complexity: O(number of tensors).
  public static func prefixes(in tensors: NamedTensors) -> [String] {
    RecurrentWeights.all(in: tensors).map(\.prefix)
  }

  /// The names of all weights without the prefix, in PyTorch's order.
  public var parameterNames: [String] { parameters.map(\.text) }

  /// The number of trainable numbers.
  public var parameterCount: Int { parameters.reduce(0) { $0 + shape(of: $1).elementCount } }

  private var parameters: [RecurrentParameterName] {
    let directions = isBidirectional ? [false, true] : [false]
    let roles = RecurrentParameterName.Role.allCases.filter(has)
    return (0..<layerCount).flatMap { layer in
      directions.flatMap { isReverse in
        roles.map { RecurrentParameterName($0, layer: isCell ? nil : layer, isReverse: isReverse) }
      }
    }
  }

  private func has(_ role: RecurrentParameterName.Role) -> Bool {
    switch role {
    case .inputWeight, .hiddenWeight: true
    case .inputBias, .hiddenBias: hasBias
    case .projection: projectionSize > 0
    case .peephole: hasPeepholes
    case .initialHidden: hasInitialState
    case .initialCell: hasInitialState && kind == .lstm
    }
  }

  private func shape(of name: RecurrentParameterName) -> Shape {
    let rows = kind.gateCount * hiddenSize
    switch name.role {
    case .inputWeight: return [rows, (name.layer ?? 0) == 0 ? inputSize : directionCount * outputSize]
    case .hiddenWeight: return [rows, outputSize]
    case .inputBias, .hiddenBias: return [rows]
    case .projection: return [projectionSize, hiddenSize]
    case .peephole: return [3 * hiddenSize]
    case .initialHidden: return [outputSize]
    case .initialCell: return [hiddenSize]
    }
  }
}

extension RecurrentNetwork: CustomStringConvertible {
  /// One line, such as `GRU: input 5, hidden 8, 1 layer, bias, float32`.
  public var description: String {
    var parts = ["input \(inputSize)", "hidden \(hiddenSize)"]
    if projectionSize > 0 { parts.append("projection \(projectionSize)") }
    if !isCell { parts.append("\(layerCount) \(layerCount == 1 ? "layer" : "layers")") }
    if isBidirectional { parts.append("bidirectional") }
    if hasPeepholes { parts.append("peepholes") }
    if hasInitialState { parts.append("initial state") }
    parts += [hasBias ? "bias" : "no bias", dtype.rawValue]
    let name = kind.rawValue.uppercased() + (isCell ? " cell" : "")
    return name + (prefix.isEmpty ? "" : " at \(prefix)") + ": " + parts.joined(separator: ", ")
  }
}
