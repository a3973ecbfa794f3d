import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// MLX's layers: `nn.RNN` has `Wxh [H, I]`, `Whh [H, H]`, `bias [H]`; `nn.LSTM` `Wx [4H, I]`, `Wh [4H, H]`, `bias [4H]`;
/// `nn.GRU` `Wx [3H, I]`, `Wh [3H, H]`, `b [3H]`, `bhn [H]`. Rows are PyTorch's: i f g o, and r z n.
///
/// MLX's layers have one level. Those in a list, `layers.0.`, `layers.1.` and so on without a gap, are one network of
/// several levels if their sizes fit: the input of each is the output of the last, and they are equal otherwise. It is
/// called by what stands before the number.
///
/// MLX's layers have one direction: a layer that somebody runs backwards has the same names, and nothing says so. Two such
/// layers are two networks here, and a bidirectional network is not written.
package enum MLXMap: NetworkMap {
  package static let system = NetworkSystem.mlx

  package static func networks(in tensors: NamedTensors) throws -> [StoredNetwork] {
    let layers = try MLXLayer.all(in: tensors)
    return try MLXLayer.stacks(of: layers).map { try network(of: $0, tensors) }
  }

  package static func encode(_ network: StoredNetwork, as format: NetworkFormat) throws -> EncodedNetwork {
    try network.expectFits(system.rawValue, keeping: [.head, .variant])
    let (cells, kind) = (network.levels.map { $0[0] }, network.network.kind)
    let isAlone = cells.count == 1 && network.head == nil
    let prefixes = isAlone ? [""] : cells.indices.map { "layers.\($0)." }
    var tensors = NamedTensors()
    for (prefix, cell) in zip(prefixes, cells) {
      for (name, tensor) in MLXLayer.tensors(of: cell, kind) { tensors[prefix + name] = tensor }
    }
    tensors[NetworkMarks.headPrefix + "weight"] = network.head?.weight
    tensors[NetworkMarks.headPrefix + "bias"] = network.head?.bias
    let isLossy = cells.contains { MLXLayer.sumsBiases(of: $0, kind) }
    let losses = isLossy ? [StoredNetwork.lossOfSums(kind == .gru ? " of r and z" : "")] : []
    return try encoded(network, tensors, cells.count == 1 ? prefixes[0] : "layers.", losses, format)
  }

  private static func encoded(
    _ network: StoredNetwork, _ tensors: NamedTensors, _ name: String, _ losses: [String],
    _ format: NetworkFormat
  ) throws -> EncodedNetwork {
    if format == .mlxNPZ {
      let more = try NetworkMarks.losses(of: network, in: "npz")
      return EncodedNetwork(losses: losses + more) { try NPZ.write(tensors, to: $0) }
    }
    var marked = tensors
    marked.metadata = NetworkMarks.metadata(of: network, at: name)
    return EncodedNetwork(losses: losses) { [marked] in try SafeTensors.write(marked, to: $0) }
  }

  private static func network(of stack: [MLXLayer], _ tensors: NamedTensors) throws -> StoredNetwork {
    let name = stack.count == 1 ? stack[0].prefix : stack[0].base
    let network = try StoredNetwork(
      name: name, levels: stack.map { [$0.cell] }, usedTensors: stack.flatMap(\.names), source: tensors.source
    )
    return try NetworkMarks.apply(tensors, at: name, to: network)
  }
}
