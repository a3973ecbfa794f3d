package import RecurrentTensors

// Cells and layers made of weights that exist already, so that nothing is drawn only to be replaced.

extension CellWeights {
  /// Takes weights as they are; their shapes must fit each other.
  package init(weightIH: Tensor, weightHH: Tensor, biasIH: Tensor?, biasHH: Tensor?, weightHR: Tensor?) {
    hiddenSize = weightHR?.shape[1] ?? weightHH.shape[1]
    self.weightIH = weightIH
    self.weightHH = weightHH
    self.biasIH = biasIH
    self.biasHH = biasHH
    self.weightHR = weightHR
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
  package init(weights: CellWeights, nonlinearity: Nonlinearity) {
    self.nonlinearity = nonlinearity
    self.weights = weights
  }
}

extension LSTMCell {
  /// Takes weights as they are.
  package init(weights: CellWeights) { self.weights = weights }
}

extension GRUCell {
  /// Takes weights as they are.
  package init(weights: CellWeights) { self.weights = weights }
}

extension RNN {
  /// Takes weights as they are: level 0 forward, level 0 reverse, level 1 forward, … .
  package init(weights: [CellWeights], nonlinearity: RNNCell.Nonlinearity, _ options: LayerOptions) {
    let cells = weights.map { RNNCell(weights: $0, nonlinearity: nonlinearity) }
    layer = RecurrentLayer("RNN", cells: cells, options)
  }
}

extension LSTM {
  /// Takes weights as they are: level 0 forward, level 0 reverse, level 1 forward, … .
  package init(weights: [CellWeights], _ options: LayerOptions) {
    layer = RecurrentLayer("LSTM", cells: weights.map { LSTMCell(weights: $0) }, options)
  }
}

extension GRU {
  /// Takes weights as they are: level 0 forward, level 0 reverse, level 1 forward, … .
  package init(weights: [CellWeights], _ options: LayerOptions) {
    layer = RecurrentLayer("GRU", cells: weights.map { GRUCell(weights: $0) }, options)
  }
}
