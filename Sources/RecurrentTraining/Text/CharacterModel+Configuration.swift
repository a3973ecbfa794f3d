extension CharacterModel {
  /// What a ``CharacterModel`` is made of, apart from its vocabulary.
  public struct Configuration: Sendable, Equatable {
    /// The kind of recurrent layer.
    public enum Cell: String, Sendable, CaseIterable {
      /// ``RNN`` with tanh.
      case rnn
      /// ``LSTM``.
      case lstm
      /// ``GRU``.
      case gru
    }

    /// The kind of recurrent layer.
    public var cell: Cell
    /// The size of the hidden state, *H*.
    public var hiddenSize: Int
    /// The number of recurrent layers, *L*.
    public var layerCount: Int
    /// The size of the embedding, or nil for one-hot rows.
    public var embeddingSize: Int?
    /// The probability of dropout between the layers.
    public var dropout: Double

    /// Describes a model; the defaults are those of `rnn train text`.
    ///
    /// - Precondition: sizes are at least 1, `dropout` is from 0 to 1.
    public init(
      cell: Cell = .lstm, hiddenSize: Int = 128, layerCount: Int = 2, embeddingSize: Int? = nil,
      dropout: Double = 0
    ) {
      precondition(hiddenSize > 0, "CharacterModel: hiddenSize is \(hiddenSize), expected at least 1")
      precondition(layerCount > 0, "CharacterModel: layerCount is \(layerCount), expected at least 1")
      precondition(
        embeddingSize ?? 1 > 0, "CharacterModel: embeddingSize is \(embeddingSize ?? 0), expected at least 1")
      precondition((0...1).contains(dropout), "CharacterModel: dropout is \(dropout), expected 0 to 1")
      self.cell = cell
      self.hiddenSize = hiddenSize
      self.layerCount = layerCount
      self.embeddingSize = embeddingSize
      self.dropout = dropout
    }
  }
}
