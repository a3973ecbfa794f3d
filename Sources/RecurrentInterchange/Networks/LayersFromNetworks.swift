public import RecurrentLayers
public import RecurrentTensors

extension LSTM {
  /// Makes a layer of PyTorch's weights; see ``RecurrentNetwork`` for the names and shapes.
  ///
  /// ```swift
  /// let lstm = try LSTM(from: SafeTensors.read("model.safetensors"), prefix: "encoder.")
  /// ```
  ///
  /// - Parameters:
  ///   - prefix: what stands before each name; nil if the tensors hold one network only.
  ///   - variant: how the network departs from PyTorch's, which the weights do not tell.
  /// - Throws: ``FileError`` if there is no LSTM, or a weight is missing or of another shape.
  /// - Complexity: O(number of tensors): the elements are shared, not copied.
  public init(
    from tensors: NamedTensors, prefix: String? = nil, variant: CellVariant = CellVariant(),
    batchFirst: Bool = false, dropout: Double = 0, generator: Generator = .default
  ) throws {
    let network = try RecurrentNetwork(.lstm, in: tensors, prefix)
    let options = network.options(batchFirst, dropout, generator)
    self.init(weights: network.cells(in: tensors), variant: variant, options)
  }

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
  /// Makes a layer of PyTorch's weights; see ``RecurrentNetwork`` for the names and shapes.
  ///
  /// - Parameters:
  ///   - prefix: what stands before each name; nil if the tensors hold one network only.
  ///   - variant: how the network departs from PyTorch's, which the weights do not tell.
  /// - Throws: ``FileError`` if there is no GRU, or a weight is missing or of another shape.
  /// - Complexity: O(number of tensors): the elements are shared, not copied.
  public init(
    from tensors: NamedTensors, prefix: String? = nil, variant: CellVariant = CellVariant(),
    batchFirst: Bool = false, dropout: Double = 0, generator: Generator = .default
  ) throws {
    let network = try RecurrentNetwork(.gru, in: tensors, prefix)
    let options = network.options(batchFirst, dropout, generator)
    self.init(weights: network.cells(in: tensors), variant: variant, options)
  }

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
  /// Makes a layer of PyTorch's weights; see ``RecurrentNetwork`` for the names and shapes.
  ///
  /// - Parameters:
  ///   - prefix: what stands before each name; nil if the tensors hold one network only.
  ///   - nonlinearity: what follows the sums, tanh or relu in PyTorch, which the weights do not tell.
  ///   - clip: what sums are bounded to before; nil for no bounds, as in PyTorch.
  /// - Throws: ``FileError`` if there is no RNN, or a weight is missing or of another shape.
  /// - Complexity: O(number of tensors): the elements are shared, not copied.
  public init(
    from tensors: NamedTensors, prefix: String? = nil, nonlinearity: Activation = .tanh,
    clip: Double? = nil, batchFirst: Bool = false, dropout: Double = 0, generator: Generator = .default
  ) throws {
    let network = try RecurrentNetwork(.rnn, in: tensors, prefix)
    let options = network.options(batchFirst, dropout, generator)
    let variant = CellVariant(activations: [nonlinearity], clip: clip)
    self.init(weights: network.cells(in: tensors), variant: variant, options)
  }

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

extension RecurrentNetwork {
  /// What a network of the given kind is; a network of another kind is an error.
  fileprivate init(_ kind: Kind, in tensors: NamedTensors, _ prefix: String?) throws {
    try self.init(describing: tensors, prefix: prefix)
    if self.kind != kind {
      let place = FileError.Place(file: tensors.source)
      let expected = kind.rawValue.uppercased()
      throw FileError(.otherNetwork, at: place, found: description, expected: expected)
    }
  }

  fileprivate func options(_ batchFirst: Bool, _ dropout: Double, _ generator: Generator) -> LayerOptions {
    LayerOptions(
      layerCount: layerCount, isBidirectional: isBidirectional, batchFirst: batchFirst, dropout: dropout,
      generator: generator)
  }
}
