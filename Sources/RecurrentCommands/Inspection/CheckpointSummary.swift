import Recurrent

/// What a training run was, and where it stands, told from its checkpoint.
struct CheckpointSummary {
  private let configuration: TrainingConfiguration
  private let vocabulary: Vocabulary
  private let parameterCount: Int
  private let state: TrainingState

  /// - Throws: `TrainingError` if the state is damaged.
  init(_ state: TrainingState) throws {
    self.state = state
    configuration = try state.configuration()
    vocabulary = try state.vocabulary()
    parameterCount = try state.model().parameters.elementCount
  }

  var text: String {
    """
    checkpoint of rnn train text
      model       \(model)
      training    \(training)
      stands at   \(position)
      text        \(state.metadata["text_units", default: "?"]) \(configuration.unit)s, \
    hash \(state.metadata["text_hash", default: "?"])
      vocabulary  \(vocabulary.count) \(configuration.unit)s: \(characters)

    """
  }

  private var model: String {
    configuration.model.summary(vocabularySize: vocabulary.count)
      + ": \(parameterCount.counting("parameter"))"
  }

  private var training: String {
    let rate = state.metadata["current_learning_rate", default: "?"]
    let clip = configuration.clip.map { ", clipping at \($0)" } ?? ""
    return "\(configuration.optimizer.rawValue) \(rate)\(clip), batch \(configuration.batchSize) x "
      + "\(configuration.windowLength), seed \(configuration.seed), held out \(configuration.validation)"
  }

  private var position: String {
    let step = stepNumber?.grouped ?? "?"
    guard let cursor = state.tensors["cursor"], cursor.dtype == .int64, cursor.count == 2 else {
      return "step \(step)"
    }
    let place = cursor.scalars(as: Int64.self)
    return "step \(step): \(Int(place[0]).counting("epoch")) and \(Int(place[1]).counting("window"))"
  }

  /// Nil unless the file holds a number of steps: it may be damaged.
  private var stepNumber: Int? {
    guard let step = state.tensors["optimizer.step"], step.count == 1 else { return nil }
    return Int(exactly: step.asType(.float64).scalars(as: Double.self)[0])
  }

  /// The first characters of the vocabulary, as far as a line goes.
  private var characters: String {
    let shown = (0..<Int64(min(vocabulary.count, 60))).map { vocabulary.decode([$0]).printable }
    return shown.joined(separator: " ") + (vocabulary.count > 60 ? " …" : "")
  }
}

extension CharacterModel.Configuration {
  /// One line, such as `one-hot 98, LSTM 2 x 128, linear 98`.
  func summary(vocabularySize size: Int) -> String {
    let input = embeddingSize.map { "embedding \(size) x \($0)" } ?? "one-hot \(size)"
    let dropout = dropout > 0 ? " with dropout \(dropout)" : ""
    return "\(input), \(cell.rawValue.uppercased()) \(layerCount) x \(hiddenSize)\(dropout), linear \(size)"
  }
}
