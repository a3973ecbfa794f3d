import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// The weights of one level as ONNX's operators take them, all directions side by side.
///
/// Blocks of H rows in the operators' order: i, o, f, c in an LSTM; z, r, h in a GRU. With PyTorch's candidates called g
/// and n that is i, o, f, g and z, r, n.
struct OnnxLevelWeights {
  /// W `[D, G*H, in]`.
  var input: Tensor
  /// R `[D, G*H, H]`.
  var hidden: Tensor
  /// B `[D, 2*G*H]`: those of the input, then those of the hidden state.
  var bias: Tensor?
  /// P `[D, 3*H]`, in the order i, o, f.
  var peepholes: Tensor?

  /// The number of numbers.
  var count: Int { [input, hidden, bias, peepholes].reduce(0) { $0 + ($1?.count ?? 0) } }
  var directionCount: Int { input.shape[0] }
  var inputSize: Int { input.shape[2] }
  var hiddenSize: Int { hidden.shape[2] }
}

// MARK: - PyTorch's order

extension OnnxLevelWeights {
  /// The weights of one cell for each direction.
  init(_ cells: [CellWeights], kind: RecurrentNetwork.Kind) {
    let order = NetworkSystem.pytorch.blockOrder(of: kind, in: .onnx)
    func stacked(_ tensors: [Tensor?], _ order: [Int]) -> Tensor? {
      let parts = tensors.compactMap { $0?.reorderingBlocks(order) }
      return parts.isEmpty ? nil : Tensor.stacked(parts)
    }
    input = stacked(cells.map(\.weightIH), order)!
    hidden = stacked(cells.map(\.weightHH), order)!
    let biases = [stacked(cells.map(\.biasIH), order), stacked(cells.map(\.biasHH), order)].compactMap(\.self)
    bias = biases.isEmpty ? nil : Tensor.concatenated(biases, axis: 1)
    peepholes = stacked(cells.map(\.peephole), Self.peepholeOrder)
  }

  /// One direction's weights.
  func cell(direction: Int, kind: RecurrentNetwork.Kind) -> CellWeights {
    let order = NetworkSystem.onnx.blockOrder(of: kind, in: .pytorch)
    func half(_ number: Int) -> Tensor? {
      guard let bias = bias?[direction] else { return nil }
      let size = bias.count / 2
      return bias[number * size..<(number + 1) * size].reorderingBlocks(order)
    }
    return CellWeights(
      weightIH: input[direction].reorderingBlocks(order), weightHH: hidden[direction].reorderingBlocks(order),
      biasIH: half(0), biasHH: half(1),
      peephole: peepholes?[direction].reorderingBlocks(Self.peepholeOrder))
  }

  /// i, f, o and i, o, f: the same both ways.
  private static let peepholeOrder = [0, 2, 1]
}
