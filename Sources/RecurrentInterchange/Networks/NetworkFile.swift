/// A file of recurrent networks in any form that is known here: its tensors, and the networks that they make.
///
/// ```swift
/// let file = try NetworkFile(reading: "amp.nam")
/// for network in file.networks { print(network.name, network.network) }
/// ```
public struct NetworkFile: Sendable {
  /// The tensors as the file has them.
  public let tensors: NamedTensors
  /// The networks, in the file's order; none if no form's names are found.
  public let networks: [StoredNetwork]

  /// Reads the file at `path`, whatever its name ends in.
  ///
  /// - Throws: ``FileError``.
  /// - Complexity: O(bytes).
  public init(reading path: String) throws {
    try self.init(TensorFile.read(path))
  }

  /// Finds the networks in tensors that were read.
  ///
  /// - Throws: ``FileError``.
  public init(_ tensors: NamedTensors) throws {
    self.tensors = tensors
    networks = try NetworkFormat.maps.lazy.map { try $0.networks(in: tensors) }.first { !$0.isEmpty } ?? []
  }
}

extension NetworkFormat {
  /// The maps, in the order in which a file's names are tried.
  static var maps: [any NetworkMap.Type] { [] }
}
