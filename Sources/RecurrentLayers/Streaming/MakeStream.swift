public import RecurrentKernels

extension RecurrentLayer {
  /// A stream of `batchSize` sequences through this layer as it is now.
  ///
  /// - Parameter weights: how the stream keeps the weights; 16 bits are for float32 layers of fused cells.
  /// - Precondition: the layer reads forward only; `batchSize` is positive.
  public func makeStream(batchSize: Int = 1, weights: StreamWeights = .asTrained) -> RecurrentStream<Cell> {
    RecurrentStream(self, batchSize: batchSize, weights: weights)
  }
}

extension RecurrentLayer where Cell: FusedRecurrentCell {
  /// What a stream packs of each level.
  package var streamCells: [(CellParameters, CellShape)] {
    cells.map { ($0.cellParameters, $0.cellShape) }
  }
}

extension RNN {
  /// A stream of `batchSize` sequences through this layer as it is now.
  ///
  /// - Parameter weights: how the stream keeps the weights; 16 bits are for float32 layers.
  /// - Precondition: the layer reads forward only; `batchSize` is positive.
  public func makeStream(batchSize: Int = 1, weights: StreamWeights = .asTrained) -> RecurrentStream<RNNCell>
  {
    layer.makeStream(batchSize: batchSize, weights: weights)
  }
}

extension LSTM {
  /// A stream of `batchSize` sequences through this layer as it is now.
  ///
  /// - Parameter weights: how the stream keeps the weights; 16 bits are for float32 layers.
  /// - Precondition: the layer reads forward only; `batchSize` is positive.
  public func makeStream(
    batchSize: Int = 1, weights: StreamWeights = .asTrained
  ) -> RecurrentStream<LSTMCell> {
    layer.makeStream(batchSize: batchSize, weights: weights)
  }
}

extension GRU {
  /// A stream of `batchSize` sequences through this layer as it is now.
  ///
  /// - Parameter weights: how the stream keeps the weights; 16 bits are for float32 layers.
  /// - Precondition: the layer reads forward only; `batchSize` is positive.
  public func makeStream(batchSize: Int = 1, weights: StreamWeights = .asTrained) -> RecurrentStream<GRUCell>
  {
    layer.makeStream(batchSize: batchSize, weights: weights)
  }
}
