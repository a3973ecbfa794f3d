/// Everything that settles a training run on a text: from the same configuration and text come the same bits.
public struct TrainingConfiguration: Sendable, Equatable {
  /// The rule that moves the parameters, with PyTorch's defaults.
  public enum OptimizerKind: String, Sendable, CaseIterable {
    /// ``SGD`` without momentum.
    case sgd
    /// ``Adam``: 0.9, 0.999, 1e-8.
    case adam
    /// ``AdamW``: the same, with a weight decay of 0.01.
    case adamw

    /// A new optimizer of this kind.
    public func makeOptimizer(learningRate: Double) -> any Optimizer {
      switch self {
      case .sgd: SGD(learningRate: learningRate)
      case .adam: Adam(learningRate: learningRate)
      case .adamw: AdamW(learningRate: learningRate)
      }
    }
  }

  /// The recurrent layers.
  public var model: CharacterModel.Configuration
  /// What the model reads and writes one at a time.
  public var unit: TextUnit
  /// The number of parallel streams, *N*.
  public var batchSize: Int
  /// The units of a window, *T*: how far gradients flow back.
  public var windowLength: Int
  /// The part of the text that is held out.
  public var validation: Double
  /// The rule that moves the parameters.
  public var optimizer: OptimizerKind
  /// The learning rate of the first step.
  public var learningRate: Double
  /// The norm that gradients are clipped to, or nil.
  public var clip: Double?
  /// The seed of the generator that weights and dropout draw from.
  public var seed: UInt64

  /// Describes a run; the defaults are those of `rnn train text`.
  ///
  /// - Precondition: `batchSize` and `windowLength` are at least 1; `validation` is at least 0 and less than 1;
  ///   `learningRate` is at least 0; `clip` is above 0.
  public init(
    model: CharacterModel.Configuration = .init(), unit: TextUnit = .scalar, batchSize: Int = 50,
    windowLength: Int = 50, validation: Double = 0.05, optimizer: OptimizerKind = .adam,
    learningRate: Double = 2e-3, clip: Double? = 5, seed: UInt64 = 1
  ) {
    precondition(batchSize > 0, "TrainingConfiguration: batchSize is \(batchSize), expected at least 1")
    precondition(
      windowLength > 0, "TrainingConfiguration: windowLength is \(windowLength), expected at least 1")
    precondition(
      validation >= 0 && validation < 1,
      "TrainingConfiguration: validation is \(validation), expected 0 ..< 1")
    precondition(
      learningRate >= 0, "TrainingConfiguration: learningRate is \(learningRate), expected at least 0")
    precondition(clip ?? 1 > 0, "TrainingConfiguration: clip is \(clip ?? 0), expected above 0")
    self.model = model
    self.unit = unit
    self.batchSize = batchSize
    self.windowLength = windowLength
    self.validation = validation
    self.optimizer = optimizer
    self.learningRate = learningRate
    self.clip = clip
    self.seed = seed
  }
}
