import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// Keras 3's weights in an npz file, which is only read: the arrays of `model.get_weights()` in their order, or the arrays
/// under their paths, which tell more:
///
///     np.savez("weights.npz", *model.get_weights())
///     np.savez("weights.npz", **{w.path: w for w in model.weights})
///
/// A layer has `kernel (I, G*H)`, `recurrent_kernel (H, G*H)` and, unless it has no bias, `bias`: `(G*H)`, or `(2, 3H)` of a
/// GRU that resets after the product. Gates are i f c o of an LSTM, and z r h of a GRU. Layers that follow each other, of
/// one kind and size, each as wide as the last one's output, are the levels of one network.
///
/// What arrays do not tell can stand beside them: `np.savez(path, *model.get_weights(), reset_after=True)` for GRUs without
/// bias, and `bidirectional=False` where two layers could be the two directions of one. That activations are Keras's
/// own (tanh, sigmoid) arrays never tell.
package enum KerasMap: NetworkMap {
  package static let system = NetworkSystem.keras

  package static func networks(in tensors: NamedTensors) throws -> [StoredNetwork] {
    let layers = try KerasLayer.all(in: tensors)
    return try KerasLevels.networks(of: layers, KerasHints(tensors), file: tensors.source).map { levels in
      let names = levels.joined().flatMap(\.names)
      let name = levels[0][0].prefix
      return try StoredNetwork(
        name: name, levels: levels.map { $0.map(\.cell) }, variant: levels[0][0].variant, usedTensors: names,
        source: tensors.source)
    }
  }

  package static func encode(_ network: StoredNetwork, as format: NetworkFormat) throws -> EncodedNetwork {
    throw FileError(
      .inexpressible, at: .init(file: network.name), found: "Keras's form",
      expected: "a form that is written here",
      advice: "choose npz or safetensors; Keras's is only read")
  }
}

/// What may stand beside Keras's arrays to tell what they do not.
struct KerasHints {
  let resetsAfter, isBidirectional: Bool?

  static let names = ["reset_after", "bidirectional"]

  init(_ tensors: NamedTensors) {
    func flag(_ name: String) -> Bool? {
      guard let tensor = tensors[name], tensor.count == 1 else { return nil }
      return !tensor.isZero
    }
    resetsAfter = flag(Self.names[0])
    isBidirectional = flag(Self.names[1])
  }
}
