package import RecurrentTensors

// Cells and layers made of weights that exist already, so that nothing is drawn only to be replaced.

extension CellWeights {
  /// Takes weights as they are; their shapes must fit each other.
  package init(
    weightIH: Tensor, weightHH: Tensor, biasIH: Tensor?, biasHH: Tensor?, weightHR: Tensor? = nil,
    peephole: Tensor? = nil, initialHidden: Tensor? = nil, initialCell: Tensor? = nil
  ) {
    hiddenSize = weightHR?.shape[1] ?? weightHH.shape[1]
    self.weightIH = weightIH
    self.weightHH = weightHH
    self.biasIH = biasIH
    self.biasHH = biasHH
    self.weightHR = weightHR
    self.peephole = peephole
    self.initialHidden = initialHidden
    self.initialCell = initialCell
  }
}

/// What a layer is beside its cells' weights.
package struct LayerOptions {
  package let layerCount: Int
  package let isBidirectional: Bool
  package let batchFirst: Bool
  package let dropout: Double
  package let generator: Generator

  package init(
    layerCount: Int, isBidirectional: Bool, batchFirst: Bool, dropout: Double, generator: Generator
  ) {
    self.layerCount = layerCount
    self.isBidirectional = isBidirectional
    self.batchFirst = batchFirst
    self.dropout = dropout
    self.generator = generator
  }
}

extension RecurrentLayer {
  /// Takes the cells in the order of their parameters.
  fileprivate init(_ name: String, cells: [Cell], _ options: LayerOptions) {
    var cells = cells[...]
    self.init(
      name, inputSize: cells[0].inputSize, layerCount: options.layerCount, batchFirst: options.batchFirst,
      dropout: options.dropout, bidirectional: options.isBidirectional, generator: options.generator
    ) { _ in cells.removeFirst() }
  }
}

extension RNNCell {
  /// Takes weights as they are.
  package init(weights: CellWeights, variant: CellVariant = CellVariant()) {
    self.weights = weights
    self.variant = variant.checked("RNNCell", standard: [.tanh])
  }
}

extension LSTMCell {
  /// Takes weights as they are.
  package init(weights: CellWeights, variant: CellVariant = CellVariant()) {
    self.weights = weights
    self.variant = variant.checked("LSTMCell", standard: Self.standardActivations, isLSTM: true)
  }
}

extension GRUCell {
  /// Takes weights as they are.
  package init(weights: CellWeights, variant: CellVariant = CellVariant()) {
    self.weights = weights
    self.variant = variant.checked("GRUCell", standard: Self.standardActivations, isGRU: true)
  }
}

extension RNN {
  /// Takes weights as they are: level 0 forward, level 0 reverse, level 1 forward, … .
  package init(weights: [CellWeights], variant: CellVariant = CellVariant(), _ options: LayerOptions) {
    let cells = weights.map { RNNCell(weights: $0, variant: variant) }
    layer = RecurrentLayer("RNN", cells: cells, options)
  }
}

extension LSTM {
  /// Takes weights as they are: level 0 forward, level 0 reverse, level 1 forward, … .
  package init(weights: [CellWeights], variant: CellVariant = CellVariant(), _ options: LayerOptions) {
    let cells = weights.map { LSTMCell(weights: $0, variant: variant) }
    layer = RecurrentLayer("LSTM", cells: cells, options)
  }
}

extension GRU {
  /// Takes weights as they are: level 0 forward, level 0 reverse, level 1 forward, … .
  package init(weights: [CellWeights], variant: CellVariant = CellVariant(), _ options: LayerOptions) {
    let cells = weights.map { GRUCell(weights: $0, variant: variant) }
    layer = RecurrentLayer("GRU", cells: cells, options)
  }
}
