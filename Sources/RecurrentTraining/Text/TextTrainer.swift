import RecurrentLayers
public import RecurrentTensors

/// Trains a ``CharacterModel`` on a text by truncated backpropagation through time, one step at a time.
///
/// Made from a configuration and a text it is defined exactly, so that another implementation can follow it:
/// the vocabulary is the text's (``Vocabulary``); the text is cut as ``TextStreams`` says; the model's layers
/// draw their weights in order from a generator of the configuration's seed, and dropout draws on from it;
/// the state is carried over windows, detached, and is zero at the beginning of each epoch; the loss is the
/// mean cross entropy over a window of all streams; gradients are clipped by their global norm, and the
/// optimizer takes one step. After an epoch's last step the held-out units are evaluated
/// (``CharacterModel/evaluate(_:windowLength:)``).
///
/// ```swift
/// let trainer = try TextTrainer(.init(), text: text)
/// while trainer.epoch < 5 { print(trainer.step().loss) }
/// ```
///
/// A class, since it owns a generator: two copies would draw from one.
public final class TextTrainer {
  /// What settles the run.
  public let configuration: TrainingConfiguration
  /// The units of the text.
  public let vocabulary: Vocabulary
  /// The text, cut.
  public let streams: TextStreams
  /// The model as it is now, in training mode.
  public private(set) var model: CharacterModel
  /// What moves the model.
  public private(set) var optimizer: any Optimizer
  /// What dropout draws from.
  public let generator: Generator
  /// The epoch of the next step, from 0 on: the number of epochs that are finished.
  public private(set) var epoch: Int
  /// The window of the next step within its epoch, from 0 on.
  public private(set) var window: Int
  /// The state that the last window left, nil at the beginning of an epoch.
  private(set) var carried: CharacterModel.State?
  /// Tells this text from others.
  let fingerprint: TextFingerprint

  /// The number of steps taken.
  public var stepCount: Int { optimizer.stepCount }
  /// The learning rate of the next step; a ``Schedule`` may set it before each.
  public var learningRate: Double {
    get { optimizer.learningRate }
    set { optimizer.learningRate = newValue }
  }

  /// Begins a run.
  ///
  /// - Throws: ``TrainingError`` of kind `emptyText` or `textTooShort`.
  /// - Complexity: O(length of the text) in time and memory.
  public convenience init(_ configuration: TrainingConfiguration, text: String) throws {
    let vocabulary = try Vocabulary(of: text, unit: configuration.unit)
    let ids = try vocabulary.encode(text)
    try self.init(configuration, vocabulary: vocabulary, ids: ids, resuming: nil)
  }

  private init(
    _ configuration: TrainingConfiguration, vocabulary: Vocabulary, ids: [Int64],
    resuming state: TrainingState?
  ) throws {
    streams = try TextStreams(
      ids, batchSize: configuration.batchSize, windowLength: configuration.windowLength,
      validation: configuration.validation)
    self.configuration = configuration
    self.vocabulary = vocabulary
    fingerprint = TextFingerprint(ids)
    generator = Generator(seed: configuration.seed)
    optimizer = configuration.optimizer.makeOptimizer(learningRate: configuration.learningRate)
    guard let state else {
      model = CharacterModel(vocabularySize: vocabulary.count, configuration.model, generator: generator)
      (epoch, window) = (0, 0)
      return
    }
    model = try state.restoredModel(configuration, vocabularySize: vocabulary.count, generator: generator)
    let cursor = try state.cursor(windowCount: streams.windowCount, configuration: configuration)
    (epoch, window, carried) = (cursor.epoch, cursor.window, cursor.carried)
    try state.checkNames(model: model)
    try optimizer.load(state.tensors.dropping(prefix: "optimizer."), for: model)
    optimizer.learningRate = try state.learningRate()
    // Last, for making the model has drawn from it.
    generator.state = try state.generatorState()
  }
}

// MARK: - Steps

extension TextTrainer {
  /// What one step did.
  public struct Step: Sendable, Equatable {
    /// The number of this step, from 1 on.
    public let number: Int
    /// The epoch it belongs to, from 1 on.
    public let epoch: Int
    /// The mean cross entropy over its window, in nats, before the update.
    public let loss: Double
    /// The global 2-norm of the gradients, before clipping.
    public let gradientNorm: Double
    /// The learning rate it used.
    public let learningRate: Double
    /// After the last step of an epoch: how the held-out units are predicted, nil if fewer than two are held
    /// out.
    public let validation: TextEvaluation?
  }

  /// Takes one optimizer step on the next window.
  ///
  /// - Complexity: forward and backward work of `T * N` units; at an epoch's end also the forward work of the
  ///   held-out units.
  @discardableResult
  public func step() -> Step {
    let epoch = epoch + 1
    let rate = learningRate
    let (loss, gradients) = lossAndGradients()
    let (clipped, norm) =
      configuration.clip.map { gradients.clipped(toNorm: $0) } ?? (gradients, gradients.norm)
    optimizer.update(&model, along: clipped)
    let validation = advance()
    return Step(
      number: stepCount, epoch: epoch, loss: loss, gradientNorm: norm, learningRate: rate,
      validation: validation)
  }

  private func lossAndGradients() -> (loss: Double, gradients: Gradients) {
    let (inputs, targets) = streams.window(window)
    let before = carried
    var after: CharacterModel.State?
    let (loss, gradients) = valueAndGradients(of: model) { model in
      let (logits, state) = model(inputs, from: before)
      after = state.detached()
      return crossEntropy(logits, targets)
    }
    carried = after
    return (Double(loss.scalars(as: Float.self)[0]), gradients)
  }

  /// Moves to the next window. At an epoch's end, goes back to the first with a state of zeros, and evaluates.
  private func advance() -> TextEvaluation? {
    window += 1
    guard window == streams.windowCount else { return nil }
    window = 0
    epoch += 1
    carried = nil
    return validate()
  }

  /// How the model, as it is now, predicts the held-out units; nil if fewer than two are held out. Changes
  /// nothing.
  public func validate() -> TextEvaluation? {
    model.evaluate(streams.validationIDs, windowLength: configuration.windowLength)
  }
}

// MARK: - State

extension TextTrainer {
  /// Everything that the rest of the run depends on, besides the text.
  public var state: TrainingState {
    TrainingState(
      configuration: configuration, vocabulary: vocabulary, model: model, optimizer: optimizer,
      generator: generator.state,
      cursor: .init(epoch: epoch, window: window, carried: carried), fingerprint: fingerprint)
  }

  /// Goes on with a run where `state` was taken: every later step has the same bits as if it had never stopped.
  ///
  /// - Parameters:
  ///   - state: what ``state`` gave, as read from a file.
  ///   - text: the text of the run.
  /// - Throws: ``TrainingError``: of kind `differentText` or `unknownUnit` for another text, else about what
  ///   is wrong with the state.
  public convenience init(resuming state: TrainingState, text: String) throws {
    let configuration = try state.configuration()
    let vocabulary = try state.vocabulary()
    let ids = try vocabulary.encode(text)
    try state.checkText(TextFingerprint(ids))
    try self.init(configuration, vocabulary: vocabulary, ids: ids, resuming: state)
  }
}
