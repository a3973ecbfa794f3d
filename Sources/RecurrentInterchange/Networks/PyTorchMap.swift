import RecurrentLayers
import RecurrentTensors

/// PyTorch's state dict: `weight_ih_l0` and the like, under any prefix; also the names added here, of peepholes and
/// trainable initial states.
///
/// Every layer and every cell is a network of its own, called by its prefix. What weights do not tell, a safetensors file
/// keeps in its metadata; see ``NetworkMarks``. The other files have no room for it: there the RNN's relu and the head are
/// for the reader to know, as they are in PyTorch, and every other departure is refused.
package enum PyTorchMap: NetworkMap {
  package static let system = NetworkSystem.pytorch

  package static func networks(in tensors: NamedTensors) throws -> [StoredNetwork] {
    let metadata = NetworkMarks.removed(from: tensors.metadata)
    return try RecurrentWeights.all(in: tensors).map { try network(of: $0, metadata) }
  }

  package static func encode(_ network: StoredNetwork, as format: NetworkFormat) throws -> EncodedNetwork {
    let tensors = tensors(of: network)
    switch format {
    case .safetensors: return EncodedNetwork { try SafeTensors.write(tensors, to: $0) }
    case .npz:
      return EncodedNetwork(losses: try NetworkMarks.losses(of: network, in: "npz")) {
        try NPZ.write(tensors, to: $0)
      }
    case .torch:
      return EncodedNetwork(losses: try NetworkMarks.losses(of: network, in: "pt")) {
        try TorchFile.write(tensors, to: $0)
      }
    default:
      throw FileError(
        .inexpressible, at: .init(file: ""), found: "the format \(format.rawValue)",
        expected: "safetensors, torch or npz")
    }
  }

  // MARK: - Reading

  private static func network(
    of found: RecurrentWeights, _ metadata: [String: String]
  ) throws -> StoredNetwork {
    let (tensors, prefix) = (found.tensors, found.prefix)
    let network = try RecurrentNetwork(found)
    var weights = NamedTensors(metadata: metadata, source: tensors.source)
    for name in network.parameterNames { weights[name] = tensors[prefix + name] }
    let stored = try StoredNetwork(
      name: prefix, weights: weights, usedTensors: network.parameterNames.map { prefix + $0 })
    return try NetworkMarks.apply(tensors, at: prefix, to: stored)
  }

  // MARK: - Writing

  /// The state dict of a network alone, or, with its head, of a module that calls them `lstm` and `head`.
  private static func tensors(of network: StoredNetwork) -> NamedTensors {
    let prefix = network.head == nil ? "" : network.network.kind.rawValue + "."
    let marks = NetworkMarks.metadata(of: network, at: prefix)
    var tensors = NamedTensors(metadata: network.weights.metadata.merging(marks) { $1 })
    for (name, tensor) in network.weights { tensors[prefix + name] = tensor }
    if let head = network.head {
      tensors[NetworkMarks.headPrefix + "weight"] = head.weight
      tensors[NetworkMarks.headPrefix + "bias"] = head.bias
    }
    return tensors
  }
}
