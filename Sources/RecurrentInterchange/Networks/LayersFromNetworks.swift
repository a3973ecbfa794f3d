public import RecurrentLayers
public import RecurrentTensors

extension LSTM {
  /// Makes a layer of a network out of a file; its head, if there is one, stays with the network.
  ///
  /// ```swift
  /// let lstm = try LSTM(NetworkFile(reading: "tagger.onnx").networks[0])
  /// ```
  ///
  /// - Throws: ``FileError`` if the network is no LSTM.
  /// - Complexity: O(number of tensors): the elements are shared, not copied.
  public init(
    _ network: StoredNetwork, batchFirst: Bool = false, dropout: Double = 0, generator: Generator = .default
  ) throws {
    try self.init(
      from: network.weights, prefix: "", variant: network.variant, batchFirst: batchFirst, dropout: dropout,
      generator: generator)
  }
}

extension GRU {
  /// Makes a layer of a network out of a file; its head, if there is one, stays with the network.
  ///
  /// - Throws: ``FileError`` if the network is no GRU.
  /// - Complexity: O(number of tensors): the elements are shared, not copied.
  public init(
    _ network: StoredNetwork, batchFirst: Bool = false, dropout: Double = 0, generator: Generator = .default
  ) throws {
    try self.init(
      from: network.weights, prefix: "", variant: network.variant, batchFirst: batchFirst, dropout: dropout,
      generator: generator)
  }
}

extension RNN {
  /// Makes a layer of a network out of a file; its head, if there is one, stays with the network.
  ///
  /// - Throws: ``FileError`` if the network is no RNN.
  /// - Complexity: O(number of tensors): the elements are shared, not copied.
  public init(
    _ network: StoredNetwork, batchFirst: Bool = false, dropout: Double = 0, generator: Generator = .default
  ) throws {
    try self.init(
      from: network.weights, prefix: "", nonlinearity: network.variant.activations?.first ?? .tanh,
      clip: network.variant.clip, batchFirst: batchFirst, dropout: dropout, generator: generator)
  }
}
