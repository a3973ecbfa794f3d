import Recurrent

/// A run of a trainer: steps, saves, samples and the log, until the plan is done or a signal comes.
final class TrainingSession {
  private let trainer: TextTrainer
  private let plan: TrainingPlan
  private let report: TrainingReport
  private var log: TrainingLog?
  private var savedStep: Int?

  init(_ trainer: TextTrainer, plan: TrainingPlan, report: TrainingReport) {
    self.trainer = trainer
    self.plan = plan
    self.report = report
  }

  /// Trains.
  ///
  /// - Throws: ``CommandError`` or `FileError` if a file cannot be written, or the loss is no number any more; what was saved
  ///   before stays.
  func run() throws {
    guard trainer.stepCount < plan.stepCount else { return report.nothingToDo(plan) }
    StopSignal.listen()  // before the first save: an end in the midst of it leaves a partial file
    try begin()
    while trainer.stepCount < plan.stepCount && !StopSignal.isReceived { try takeStep() }
    if savedStep != trainer.stepCount { try save() }
    guard trainer.stepCount == plan.stepCount else { return report.stopped(plan) }
    report.finished(plan)
    try report.sample(of: trainer)
  }

  /// Opens what is written to, so that a file that cannot be written is known before the work is done.
  private func begin() throws {
    try WrittenFile(option: "--checkpoint", path: plan.checkpoint).checkWritable()
    if let path = plan.log {
      try WrittenFile(option: "--log", path: path).checkWritable()
      log = try TrainingLog(path, atStep: trainer.stepCount, endsEpoch: trainer.window == 0)
    }
    do {
      if !report.begin(plan) { try save() }
    } catch {
      log?.discardIfNew()
      throw error
    }
  }

  private func takeStep() throws {
    let step = trainer.step()
    try checkNumbers(step)
    let isLast = step.number == plan.stepCount
    let endsEpoch = trainer.window == 0
    let validation = isLast && !endsEpoch ? trainer.validate() : step.validation
    try log?.append(step, validation: validation?.loss)
    report.took(step, validation: validation, endsEpoch: endsEpoch, of: plan)
    if isLast || endsEpoch || step.number % plan.saveEvery == 0 { try save() }
    if plan.sampleEvery > 0 && step.number % plan.sampleEvery == 0 && !isLast {
      try report.sample(of: trainer)
    }
  }

  private func save() throws {
    try log?.synchronize()
    try Checkpoint.write(trainer.state, to: plan.checkpoint)
    savedStep = trainer.stepCount
  }

  /// Throws once the loss or a gradient is no number: every later parameter would be none either, so nothing is saved.
  private func checkNumbers(_ step: TextTrainer.Step) throws {
    guard !step.loss.isFinite || !step.gradientNorm.isFinite else { return }
    let kept = savedStep.map { "\(plan.checkpoint) keeps step \($0)" } ?? "\(plan.checkpoint) is as it was"
    throw CommandError(
      .diverged, "training went astray at step \(step.number)",
      found: "loss \(step.loss), gradient norm \(step.gradientNorm)", expected: "finite numbers",
      advice: "\(kept); go on from it with a lower --learning-rate")
  }
}
