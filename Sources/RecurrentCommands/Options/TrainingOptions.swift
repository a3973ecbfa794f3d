import ArgumentParser
import Recurrent

/// The options that settle how a model learns. Those not given keep a default, or what a checkpoint says.
struct TrainingOptions: ParsableArguments {
  @Option(help: "Parallel streams that the text is cut into. (default: 32)")
  var batch: Int?

  @Option(help: "Characters of a window: how far gradients flow back. (default: 50)")
  var unroll: Int?

  @Option(help: "Rule that moves the parameters. (default: adam)")
  var optimizer: TrainingConfiguration.OptimizerKind?

  @Option(help: "How far a step goes; may be changed with --resume. (default: 0.004)")
  var learningRate: Double?

  @Option(help: "Norm that gradients are clipped to, 0 for no clipping. (default: 5)")
  var clip: Double?

  @Option(help: "Seed of the weights and of dropout. (default: 1)")
  var seed: UInt64?

  @Option(help: "Part of the text, its end, that is held out. (default: 0.05)")
  var validation: Double?

  func validate() throws {
    try check(size: batch, "--batch")
    try check(size: unroll, "--unroll")
    try check(learningRate, "--learning-rate", above: 0)
    try check(clip, "--clip", "0 or more and finite") { $0 >= 0 && $0.isFinite }
    try check(validation, "--validation", "0 or more and less than 1") { $0 >= 0 && $0 < 1 }
  }

  /// Puts what was given into `configuration`.
  func apply(to configuration: inout TrainingConfiguration) {
    if let batch { configuration.batchSize = batch }
    if let unroll { configuration.windowLength = unroll }
    if let optimizer { configuration.optimizer = optimizer }
    if let learningRate { configuration.learningRate = learningRate }
    if let clip { configuration.clip = clip > 0 ? clip : nil }
    if let seed { configuration.seed = seed }
    if let validation { configuration.validation = validation }
  }
}
