/// What a training run is to do, besides what its configuration settles.
struct TrainingPlan {
  /// The number of the last step.
  var stepCount: Int
  /// The file to save to.
  var checkpoint: String
  /// Steps between saves.
  var saveEvery: Int
  /// The file for the log.
  var log: String?
  /// Steps between samples; 0 for none but the last.
  var sampleEvery: Int
  /// Whether the run goes on from a checkpoint.
  var isResumed: Bool
}
