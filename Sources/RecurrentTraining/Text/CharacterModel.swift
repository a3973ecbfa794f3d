public import RecurrentLayers
public import RecurrentTensors

/// A model of text: ids -> one-hot rows or embedding -> recurrent layers -> logits of the next unit.
///
/// Layers are made in that order, so that after `manualSeed(seed)`, or with a generator of that seed, the
/// weights are the ones PyTorch gives. Parameters are called `embedding.weight`, `rnn.…`, `lstm.…` or
/// `gru.…`, `head.weight` and `head.bias`.
///
/// ```swift
/// let model = CharacterModel(vocabularySize: vocabulary.count, .init(cell: .gru, hiddenSize: 64))
/// let (logits, state) = model(ids)            // ids [T, N], logits [T, N, V]
/// let (more, _) = model(nextIDs, from: state)
/// ```
public struct CharacterModel: Module, Sendable {
  /// What the model was made of.
  public let configuration: Configuration
  /// The number of different units, *V*.
  public let vocabularySize: Int

  private(set) var embedding: Embedding?
  private(set) var rnn: RNN?
  private(set) var lstm: LSTM?
  private(set) var gru: GRU?
  private(set) var head: Linear

  /// Draws the weights of a new model, in training mode. Dropout later draws on from the same generator.
  ///
  /// - Precondition: `vocabularySize` is at least 1, and `configuration` is valid.
  public init(
    vocabularySize: Int, _ configuration: Configuration = .init(), generator: Generator = .default
  ) {
    precondition(
      vocabularySize > 0, "CharacterModel: vocabularySize is \(vocabularySize), expected at least 1")
    self.configuration = configuration
    self.vocabularySize = vocabularySize
    embedding = configuration.embeddingSize.map {
      Embedding(count: vocabularySize, size: $0, generator: generator)
    }
    let inputSize = configuration.embeddingSize ?? vocabularySize
    let hiddenSize = configuration.hiddenSize
    let layerCount = configuration.layerCount
    let dropout = configuration.dropout
    switch configuration.cell {
    case .rnn:
      rnn = RNN(
        inputSize: inputSize, hiddenSize: hiddenSize, layerCount: layerCount, dropout: dropout,
        generator: generator)
    case .lstm:
      lstm = LSTM(
        inputSize: inputSize, hiddenSize: hiddenSize, layerCount: layerCount, dropout: dropout,
        generator: generator)
    case .gru:
      gru = GRU(
        inputSize: inputSize, hiddenSize: hiddenSize, layerCount: layerCount, dropout: dropout,
        generator: generator)
    }
    head = Linear(inputSize: hiddenSize, outputSize: vocabularySize, generator: generator)
  }

  /// Shows the layers in the order in which they were made.
  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    if embedding != nil { visitor.visit("embedding", &embedding!) }
    if rnn != nil { visitor.visit("rnn", &rnn!) }
    if lstm != nil { visitor.visit("lstm", &lstm!) }
    if gru != nil { visitor.visit("gru", &gru!) }
    visitor.visit("head", &head)
  }

  /// The logits of the unit after each of `ids`, and the state after the last.
  ///
  /// - Parameters:
  ///   - ids: int64 `[T, N]`.
  ///   - state: the state before the first, or nil for zeros.
  /// - Returns: logits `[T, N, V]` and the state, which remembers how it was computed: carry it over as
  ///   `state.detached()`.
  public func callAsFunction(_ ids: Tensor, from state: State? = nil) -> (logits: Tensor, state: State) {
    let input = embedding?(ids) ?? ids.oneHot(classCount: vocabularySize)
    let (output, next) = recurrent(input, from: state)
    return (head(output), next)
  }

  private func recurrent(_ input: Tensor, from state: State?) -> (Tensor, State) {
    if let lstm {
      let initial = state.map { LSTMState(hidden: $0.hidden, cell: $0.cell!) }
      let (output, next) = lstm(input, initialState: initial)
      return (output, State(hidden: next.hidden, cell: next.cell))
    }
    let (output, hidden) =
      rnn?(input, initialState: state?.hidden) ?? gru!(input, initialState: state?.hidden)
    return (output, State(hidden: hidden, cell: nil))
  }
}
