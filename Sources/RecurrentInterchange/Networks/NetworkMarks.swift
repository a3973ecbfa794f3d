import RecurrentLayers
import RecurrentTensors

/// What a file's metadata says about a network beyond its weights, under keys that begin with the network's prefix:
///
///     lstm.recurrent.variant            clip=3.0 activations=hard-sigmoid:0.2:0.5,tanh,tanh
///     lstm.recurrent.head               head.
///     lstm.recurrent.head-activation    tanh
///
/// The variant is that of every level and direction; see ``CellVariant/spelling``. The head is the prefix of a linear
/// layer's `weight` and `bias`.
enum NetworkMarks {
  /// Where a head is written.
  static let headPrefix = "head."

  private enum Key: String, CaseIterable {
    case variant = "recurrent.variant"
    case head = "recurrent.head"
    case headActivation = "recurrent.head-activation"
  }

  /// What is to be said of `network` in a file where its weights stand at `prefix`.
  static func metadata(of network: StoredNetwork, at prefix: String) -> [String: String] {
    var metadata: [String: String] = [:]
    let variant = network.variant.simplified(for: network.network.kind)
    if variant != CellVariant() { metadata[prefix + Key.variant.rawValue] = variant.spelling }
    if let head = network.head {
      metadata[prefix + Key.head.rawValue] = headPrefix
      metadata[prefix + Key.headActivation.rawValue] = head.activation?.spelling
    }
    return metadata
  }

  /// What a file's metadata says of other things than networks.
  static func removed(from metadata: [String: String]) -> [String: String] {
    metadata.filter { entry in !Key.allCases.contains { entry.key.hasSuffix($0.rawValue) } }
  }

  /// The network with what the file says of it.
  ///
  /// - Throws: ``FileError`` if that is no variant, or the head is not there.
  static func apply(_ tensors: NamedTensors, at prefix: String, to network: StoredNetwork) throws
    -> StoredNetwork
  {
    func value(_ key: Key) -> String? { tensors.metadata[prefix + key.rawValue] }
    func broken(_ key: Key, _ text: String, _ expected: String) -> FileError {
      let place = FileError.Place(file: tensors.source, tensor: prefix + key.rawValue)
      return FileError(.syntax, at: place, found: text.quoted, expected: expected)
    }
    var network = network
    if let text = value(.variant) {
      guard let variant = CellVariant(spelling: text, for: network.network.kind) else {
        throw broken(.variant, text, "a variant of \(network.network.kind.rawValue), such as clip=3.0")
      }
      network.variant = variant
    }
    guard let head = value(.head) else { return network }
    network = try network.withHead(from: tensors, prefix: head)
    if let text = value(.headActivation) {
      guard let activation = Activation(spelling: text) else {
        throw broken(.headActivation, text, "an activation, such as tanh")
      }
      network.head?.activation = activation
    }
    return network
  }

  /// What a file without metadata loses of `network`. That an RNN applies relu is no loss: neither PyTorch's nor MLX's
  /// weights ever say it.
  ///
  /// - Throws: ``FileError`` of kind `inexpressible` if the file would compute something else.
  static func losses(of network: StoredNetwork, in format: String) throws -> [String] {
    let variant = network.variant.simplified(for: network.network.kind)
    let isRelu = network.network.kind == .rnn && variant == CellVariant(activations: [.relu])
    func refusal(_ found: String, _ expected: String) -> FileError {
      FileError(
        .inexpressible, at: .init(file: network.name), found: found,
        expected: "\(expected): \(format) cannot say more", advice: "choose safetensors")
    }
    if variant != CellVariant() && !isRelu {
      throw refusal("cells with \(variant.spelling)", "PyTorch's cells")
    }
    guard let head = network.head else { return [] }
    if let activation = head.activation {
      throw refusal("\(activation.spelling) behind the head", "a head alone")
    }
    return ["\(format) does not say that \(headPrefix)weight stands behind the network"]
  }
}
