import ArgumentParser
import Recurrent

/// The options that settle how long a run goes on and what it leaves behind.
struct RunOptions: ParsableArguments {
  static let defaultStepCount = 3000
  static let defaultCheckpoint = "rnn.safetensors"

  @Option(help: "Times to go through the text.")
  var epochs: Int?

  @Option(help: "Steps to take in all, those before --resume too. (default: 3000 without --epochs)")
  var steps: Int?

  @Option(
    help: ArgumentHelp(
      "File to save to: safetensors. (default: the one resumed from, or rnn.safetensors)", valueName: "file"))
  var checkpoint: String?

  @Option(help: "Steps between saves; an epoch's end and the run's are saved too.")
  var saveEvery = 100

  @Option(help: ArgumentHelp("Checkpoint to go on from, with the same text.", valueName: "file"))
  var resume: String?

  @Option(
    help: ArgumentHelp(
      "File for the log; one that belongs to the resumed run is continued.", valueName: "file.csv"))
  var log: String?

  @Option(help: "Steps between samples; 0 for one at the end only.")
  var sampleEvery = 500

  func validate() throws {
    try check(epochs, "--epochs", atLeast: 1)
    try check(steps, "--steps", atLeast: 1)
    try check(saveEvery, "--save-every", atLeast: 1)
    try check(sampleEvery, "--sample-every", atLeast: 0)
    if let checkpoint, checkpoint == log {
      throw ValidationError("--checkpoint and --log are the same file.")
    }
  }

  /// The files that the run writes.
  var writtenFiles: [WrittenFile] {
    let log = log.map { WrittenFile(option: "--log", path: $0) }
    return [WrittenFile(option: "--checkpoint", path: checkpointPath)] + (log.map { [$0] } ?? [])
  }

  private var checkpointPath: String { checkpoint ?? resume ?? Self.defaultCheckpoint }

  /// What a run of `trainer` is to do.
  func plan(for trainer: TextTrainer) -> TrainingPlan {
    let byEpochs = epochs.map { $0.multipliedReportingOverflow(by: trainer.streams.windowCount) }
    let epochSteps = byEpochs.map { $0.overflow ? Int.max : $0.partialValue }
    let all = [steps, epochSteps].compactMap { $0 }.min() ?? Self.defaultStepCount
    return TrainingPlan(
      stepCount: all, checkpoint: checkpointPath, saveEvery: saveEvery,
      log: log, sampleEvery: sampleEvery, isResumed: resume != nil)
  }
}
