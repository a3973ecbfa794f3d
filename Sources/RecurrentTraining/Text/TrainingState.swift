public import RecurrentLayers
import RecurrentTensors

/// A training run at rest: named tensors and strings, ready for a file, and enough to go on bit for bit.
///
/// | tensors | what |
/// |---|---|
/// | `lstm.weight_ih_l0`, …, `head.bias` | the model's parameters, under their own names |
/// | `optimizer.step`, `optimizer.lstm.weight_ih_l0.exp_avg`, … | ``Optimizer/state`` |
/// | `generator` | `GeneratorState.tensor` |
/// | `cursor` | int64 `[2]`: the epoch and the window of the next step |
/// | `carried.hidden`, `carried.cell` | the recurrent state `[L, N, H]` before the next step; absent at the beginning of an epoch, `cell` for an LSTM only |
/// | `vocabulary.codes`, `vocabulary.lengths` | int64: the scalar values (or bytes) of all units one behind the other, and how many each has |
///
/// The strings are the configuration's (``TrainingConfiguration/metadata``), the current learning rate as
/// `current_learning_rate`, `text_units` and `text_hash`, which tell the text from others, and `format`.
///
/// Reading is strict: whatever is missing, superfluous or does not fit is a ``TrainingError`` that names it.
public struct TrainingState: Sendable {
  /// Tensors under names, in a fixed order.
  public var tensors: ParameterList
  /// Strings under names.
  public var metadata: [String: String]

  /// What the entry `format` of the metadata says.
  public static let format = "recurrent-training-1"

  /// A state as read from a file.
  public init(tensors: ParameterList, metadata: [String: String]) {
    self.tensors = tensors
    self.metadata = metadata
  }
}

// MARK: - Writing

extension TrainingState {
  /// Where in its epochs a run stands.
  struct Cursor {
    var epoch: Int
    var window: Int
    var carried: CharacterModel.State?
  }

  init(
    configuration: TrainingConfiguration, vocabulary: Vocabulary, model: CharacterModel,
    optimizer: any Optimizer, generator: GeneratorState, cursor: Cursor, fingerprint: TextFingerprint
  ) {
    var entries = Array(model.parameters)
    entries += optimizer.state.adding(prefix: "optimizer.")
    entries.append(("generator", generator.tensor))
    entries.append(("cursor", Tensor([Int64(cursor.epoch), Int64(cursor.window)], shape: [2])))
    if let carried = cursor.carried { entries += carried.named.adding(prefix: "carried.") }
    entries += vocabulary.tensors.adding(prefix: "vocabulary.")
    tensors = ParameterList(entries)
    metadata = configuration.metadata.merging(fingerprint.metadata) { old, _ in old }
    metadata["current_learning_rate"] = "\(optimizer.learningRate)"
    metadata["format"] = TrainingState.format
  }
}

// MARK: - Reading

extension TrainingState {
  /// The configuration of the run.
  public func configuration() throws -> TrainingConfiguration {
    try checkFormat()
    return try TrainingConfiguration(metadata: metadata)
  }

  /// The vocabulary of the run.
  public func vocabulary() throws -> Vocabulary {
    try checkFormat()
    return try Vocabulary(
      tensors: tensors.dropping(prefix: "vocabulary."),
      unit: MetadataReader(entries: metadata).choice("unit"))
  }

  /// The model as it stood, ready to evaluate or to write text: out of training mode.
  public func model() throws -> CharacterModel {
    let configuration = try configuration()
    var model = try restoredModel(
      configuration, vocabularySize: vocabulary().count, generator: Generator(seed: configuration.seed))
    model.setTraining(false)
    return model
  }

  /// The model with its parameters, in training mode, drawing its dropout from `generator`.
  func restoredModel(
    _ configuration: TrainingConfiguration, vocabularySize: Int, generator: Generator
  ) throws -> CharacterModel {
    try checkSizes(configuration.model, vocabularySize: vocabularySize)
    var model = CharacterModel(
      vocabularySize: vocabularySize, configuration.model, generator: generator)
    let parameters = try model.parameters.map { entry in
      let tensor = try tensors.tensor(
        named: entry.name, shape: entry.tensor.shape, dtype: entry.tensor.dtype)
      return (entry.name, tensor)
    }
    try model.load(ParameterList(parameters))
    return model
  }

  /// The learning rate of the next step.
  func learningRate() throws -> Double {
    try MetadataReader(entries: metadata).number("current_learning_rate") { $0 >= 0 }
  }

  /// The state of the generator.
  func generatorState() throws -> GeneratorState {
    guard let state = try GeneratorState(tensors.tensor(named: "generator")) else {
      throw TrainingError(
        .invalidValue, place: "generator", found: "no state of a generator", expected: "one")
    }
    return state
  }

  /// Where the run stands among epochs of `windowCount` windows; the recurrent state has the shapes of
  /// `model`'s.
  func cursor(windowCount: Int, configuration: TrainingConfiguration) throws -> Cursor {
    let numbers = try tensors.vector(named: "cursor")
    // The bound keeps the numbers of epochs and steps far from overflow.
    guard numbers.count == 2, 0...Int64(Int32.max) ~= numbers[0], numbers[1] >= 0 && numbers[1] < windowCount
    else {
      throw TrainingError(
        .invalidValue, place: "cursor", found: "\(numbers)",
        expected: "an epoch from 0 to \(Int32.max) and a window from 0 to \(windowCount - 1)")
    }
    let carried = tensors.dropping(prefix: "carried.")
    let state = numbers[1] == 0 ? nil : try CharacterModel.State(carried, configuration)
    try carried.checkNames(state?.named.names ?? [], prefix: "carried.")
    return Cursor(epoch: Int(numbers[0]), window: Int(numbers[1]), carried: state)
  }
}

// MARK: - Checks

extension TrainingState {
  /// Throws unless these are the strings of a training state.
  private func checkFormat() throws {
    guard metadata["format"] == TrainingState.format else {
      throw TrainingError(
        .notATrainingState, place: "metadata format",
        found: metadata["format"].map { "\"\($0)\"" } ?? "no such entry",
        expected: "\"\(TrainingState.format)\", as training writes it")
    }
  }

  /// Throws if a size in the metadata is not the one of the tensors: before a model of that size is made.
  private func checkSizes(_ model: CharacterModel.Configuration, vocabularySize: Int) throws {
    let head = try tensors.tensor(named: "head.weight").shape
    let expected = [vocabularySize, model.hiddenSize]
    guard head == expected else {
      throw TrainingError(
        .wrongShape, place: "head.weight", found: "\(head)",
        expected: "\(expected): the vocabulary and hidden_size")
    }
    let last = "\(model.cell.rawValue).weight_hh_l\(model.layerCount - 1)"
    _ = try tensors.tensor(named: last)
    guard let size = model.embeddingSize else { return }
    let embedding = try tensors.tensor(named: "embedding.weight").shape
    guard embedding == [vocabularySize, size] else {
      throw TrainingError(
        .wrongShape, place: "embedding.weight", found: "\(embedding)", expected: "\([vocabularySize, size])")
    }
  }

  /// Throws if the run was on another text.
  func checkText(_ text: TextFingerprint) throws {
    let saved = try TextFingerprint(metadata: metadata)
    guard text == saved else {
      throw TrainingError(
        .differentText, place: "text", found: "\(text)",
        expected: "\(saved): the text that this run was started on")
    }
  }

  /// Throws if there is a tensor that a run has no place for.
  func checkNames(model: CharacterModel) throws {
    let names = model.parameters.names + ["generator", "cursor"]
    let others = tensors.filter { entry in
      !["optimizer.", "carried.", "vocabulary."].contains { entry.name.hasPrefix($0) }
    }
    try ParameterList(others).checkNames(names)
  }
}
