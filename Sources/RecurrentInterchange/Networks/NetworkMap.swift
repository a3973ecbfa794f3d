/// One system's way to keep recurrent networks in a file. One type for each system, each in its own file.
package protocol NetworkMap {
  /// Whose way it is.
  static var system: NetworkSystem { get }

  /// The networks in a file whose tensors were read; none if their names are not this system's.
  ///
  /// - Throws: ``FileError`` if the names are this system's, but what they hold cannot be kept.
  static func networks(in tensors: NamedTensors) throws -> [StoredNetwork]

  /// How `network` looks in this system, in a file of `format`, which is one of this system's.
  ///
  /// - Throws: ``FileError`` of kind `inexpressible` if this system's form would compute something else.
  static func encode(_ network: StoredNetwork, as format: NetworkFormat) throws -> EncodedNetwork
}

/// A network in one system's form, ready to be written.
package struct EncodedNetwork {
  /// What is lost on the way, a sentence each, such as biases that were summed; empty if the way back is exact.
  package var losses: [String]
  /// Writes the file, whole or not at all.
  package var write: (_ path: String) throws -> Void

  package init(losses: [String] = [], write: @escaping (_ path: String) throws -> Void) {
    self.losses = losses
    self.write = write
  }
}
