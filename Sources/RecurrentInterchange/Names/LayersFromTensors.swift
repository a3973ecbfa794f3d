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
    let network = try RecurrentNetwork(describing: tensors, prefix: prefix, as: .lstm)
    self.init(
      weights: network.cellWeights(in: tensors), variant: variant,
      network.options(batchFirst, dropout, generator))
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
    let network = try RecurrentNetwork(describing: tensors, prefix: prefix, as: .gru)
    self.init(
      weights: network.cellWeights(in: tensors), variant: variant,
      network.options(batchFirst, dropout, generator))
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
    let network = try RecurrentNetwork(describing: tensors, prefix: prefix, as: .rnn)
    self.init(
      weights: network.cellWeights(in: tensors),
      variant: CellVariant(activations: [nonlinearity], clip: clip),
      network.options(batchFirst, dropout, generator))
  }
}

extension RecurrentNetwork {
  /// What a network of the given kind is; a network of another kind is an error.
  fileprivate init(describing tensors: NamedTensors, prefix: String?, as kind: Kind) throws {
    self = try RecurrentNetwork(describing: tensors, prefix: prefix)
    if self.kind != kind {
      let place = FileError.Place(file: tensors.source)
      let expected = kind.rawValue.uppercased()
      throw FileError(.otherNetwork, at: place, found: description, expected: expected)
    }
  }

  /// The weights of each cell: level 0 forward, level 0 reverse, level 1 forward, … .
  ///
  /// - Precondition: the network was described from these tensors.
  package func cellWeights(in tensors: NamedTensors) -> [CellWeights] {
    (0..<layerCount).flatMap { layer in
      [false, true].prefix(directionCount).map { isReverse in
        func tensor(_ role: RecurrentParameterName.Role) -> Tensor? {
          let name = RecurrentParameterName(role, layer: isCell ? nil : layer, isReverse: isReverse)
          return tensors[prefix + name.text]
        }
        return CellWeights(
          weightIH: tensor(.inputWeight)!, weightHH: tensor(.hiddenWeight)!, biasIH: tensor(.inputBias),
          biasHH: tensor(.hiddenBias), weightHR: tensor(.projection), peephole: tensor(.peephole),
          initialHidden: tensor(.initialHidden), initialCell: tensor(.initialCell))
      }
    }
  }

  package func options(_ batchFirst: Bool, _ dropout: Double, _ generator: Generator) -> LayerOptions {
    LayerOptions(
      layerCount: layerCount, isBidirectional: isBidirectional, batchFirst: batchFirst, dropout: dropout,
      generator: generator)
  }
}
