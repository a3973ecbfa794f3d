import RecurrentTensors

/// A file of recurrent networks in any form that is known here: its tensors, and the networks that they make.
///
/// ```swift
/// let file = try NetworkFile(reading: "amp.nam")
/// for network in file.networks { print(network.name, network.network) }
/// ```
public struct NetworkFile: Sendable {
  /// The tensors as the file has them.
  public let tensors: NamedTensors
  /// Whose form the networks have; nil if there are none.
  public let system: NetworkSystem?
  /// The networks, in the file's order; none if no form's names are found.
  public let networks: [StoredNetwork]

  /// Reads the file at `path`, whatever its name ends in.
  ///
  /// - Throws: ``FileError`` if the file cannot be read, or a network in it is none that is known here.
  /// - Complexity: O(bytes).
  public init(reading path: String) throws {
    try self.init(TensorFile.read(path))
  }

  /// Finds the networks in tensors that were read.
  ///
  /// - Throws: ``FileError`` if names are a system's, and what they hold is no network of it.
  /// - Complexity: O(number of tensors): the elements are shared where layouts agree.
  public init(_ tensors: NamedTensors) throws {
    self.tensors = tensors
    for map in NetworkFormat.maps {
      let networks = try map.networks(in: tensors)
      guard !networks.isEmpty else { continue }
      self.networks = networks
      system = map.system
      return
    }
    networks = []
    system = nil
  }

  /// How many numbers of the file make up a network, its head apart. Systems that keep one bias where PyTorch has two have
  /// fewer than the network's ``RecurrentNetwork/parameterCount``. The network is one of ``networks``.
  ///
  /// - Complexity: O(number of the network's tensors).
  public func parameterCount(of network: StoredNetwork) -> Int {
    // ONNX keeps PyTorch's biases, and perhaps in nodes, which are no tensors of the file.
    if system == .onnx { return network.network.parameterCount }
    let head = network.head.map { $0.weight.count + ($0.bias?.count ?? 0) } ?? 0
    return network.usedTensors.reduce(0) { $0 + (tensors[$1]?.count ?? 0) } - head
  }
}

extension NetworkFormat {
  /// The maps, in the order in which a file's names are tried. One line for each.
  static var maps: [any NetworkMap.Type] {
    [
      OnnxMap.self,  // before those that go by names: exporters keep some of PyTorch's
      PyTorchMap.self,
      MLXMap.self,
      KerasMap.self,
      RTNeuralMap.self,
      NAMMap.self,
    ]
  }

  /// How `network` looks in this format.
  ///
  /// - Throws: ``FileError`` of kind `inexpressible` if the format would make it compute something else.
  package func encode(_ network: StoredNetwork) throws -> EncodedNetwork {
    // Every system has a map.
    try Self.maps.first { $0.system == system }!.encode(network, as: self)
  }
}
