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

// MARK: - From PyTorch's order

extension OnnxLevelWeights {
  init(level: Int, of stored: StoredNetwork) {
    let order = NetworkSystem.pytorch.blockOrder(of: stored.network.kind, in: .onnx)
    func stacked(_ role: String) -> Tensor? {
      let parts = stored.parameters(role, level: level)
      return parts.isEmpty ? nil : Tensor.stacked(parts.map { $0.reorderingBlocks(order) })
    }
    input = stacked("weight_ih")!
    hidden = stacked("weight_hh")!
    bias = stacked("bias_ih").map { Tensor.concatenated([$0, stacked("bias_hh")!], axis: 1) }
    let peepholes = stored.parameters("weight_peephole", level: level)
    self.peepholes =
      peepholes.isEmpty ? nil : Tensor.stacked(peepholes.map { $0.reorderingBlocks(Self.peepholeOrder) })
  }

  /// i, f, o and i, o, f: the same both ways.
  private static let peepholeOrder = [0, 2, 1]
}

// MARK: - To PyTorch's order

extension OnnxLevelWeights {
  /// The level's weights in PyTorch's order, under their names without level and direction.
  func parameters(direction: Int, kind: RecurrentNetwork.Kind) -> [(role: String, tensor: Tensor)] {
    let order = NetworkSystem.onnx.blockOrder(of: kind, in: .pytorch)
    var result = [
      ("weight_ih", input[direction].reorderingBlocks(order)),
      ("weight_hh", hidden[direction].reorderingBlocks(order)),
    ]
    if let bias = bias?[direction] {
      let half = bias.count / 2
      result.append(("bias_ih", bias[0..<half].reorderingBlocks(order)))
      result.append(("bias_hh", bias[half..<2 * half].reorderingBlocks(order)))
    }
    if let peepholes = peepholes?[direction] {
      result.append(("weight_peephole", peepholes.reorderingBlocks(Self.peepholeOrder)))
    }
    return result
  }
}

extension StoredNetwork {
  /// The weights of one role in one level, a tensor for each direction; none if the network lacks them.
  func parameters(_ role: String, level: Int) -> [Tensor] {
    ["", "_reverse"].prefix(network.directionCount).compactMap { suffix in
      weights[role + (network.isCell ? "" : "_l\(level)\(suffix)")]
    }
  }

  /// The weights of one role in all levels and directions, `[L*D, ...]`; nil if the network lacks them.
  func stackedParameters(_ role: String) -> Tensor? {
    let parts = (0..<network.layerCount).flatMap { parameters(role, level: $0) }
    return parts.isEmpty ? nil : Tensor.stacked(parts)
  }
}
