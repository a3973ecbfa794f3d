import RecurrentLayers
import RecurrentTensors

/// ONNX: RNN, GRU and LSTM operators with constant weights, and the glue that stands between them.
package enum OnnxMap: NetworkMap {
  package static let system = NetworkSystem.onnx

  package static func networks(in tensors: NamedTensors) throws -> [StoredNetwork] {
    guard let graph = tensors.graph else { return [] }
    return try OnnxNetworkReader(graph, tensors).networks()
  }

  package static func encode(_ network: StoredNetwork, as format: NetworkFormat) throws -> EncodedNetwork {
    let bytes = try bytes(of: network, as: format)
    return EncodedNetwork { try AtomicFile.write(bytes, to: $0) }
  }

  /// The bytes of the file, always the same for one network.
  ///
  /// - Throws: ``FileError`` of kind `inexpressible`.
  package static func bytes(of network: StoredNetwork, as format: NetworkFormat) throws -> [UInt8] {
    try model(of: network, as: format).encoded()
  }

  /// The model that the file holds.
  ///
  /// - Throws: ``FileError`` of kind `inexpressible`.
  package static func model(of network: StoredNetwork, as format: NetworkFormat) throws -> OnnxModelProto {
    try checkSize(network)
    var writer = try OnnxNetworkWriter(network, isStep: format == .onnxStep)
    return try writer.model()
  }

  /// A message of protocol buffers has less than 2 GiB.
  private static func checkSize(_ network: StoredNetwork) throws {
    let tensors = network.weights.map(\.tensor) + (network.head.map { [$0.weight] } ?? [])
    let size = tensors.reduce(0) { $0 + $1.byteCount }
    guard size < 2_000_000_000 else {
      throw FileError(
        .inexpressible, at: .init(file: ""), found: "\(size) bytes of weights",
        expected: "less than 2 GB, which one message of ONNX can hold")
    }
  }
}
