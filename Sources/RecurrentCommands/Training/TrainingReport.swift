import Recurrent

/// What a person sees of a training run: progress on standard error, samples on standard output.
final class TrainingReport {
  private let trainer: TextTrainer
  private let source: String
  private let files: String
  private let machine: String
  private let line = LiveLine()
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private let firstStep: Int
  private var lastShown: ContinuousClock.Instant
  private var lastEpoch: ContinuousClock.Instant?
  private var loss: Double?
  private var validation: TextEvaluation?

  init(_ trainer: TextTrainer, source: String, files: String, machine: String) {
    self.trainer = trainer
    self.source = source
    self.files = files
    self.machine = machine
    firstStep = trainer.stepCount
    start = clock.now
    lastShown = start
  }

  // MARK: - Beginning

  /// Describes the run. Returns whether there is a file already where the checkpoint goes.
  func begin(_ plan: TrainingPlan) -> Bool {
    let exists = FileStatus(plan.checkpoint) != nil
    var rows = [
      ("text", "\(source): \(files)"), ("units", units), ("model", model), ("training", training(plan)),
      ("machine", machine), ("saving", saving(plan, replaces: exists && !plan.isResumed)),
    ]
    if let log = plan.log { rows.append(("log", log)) }
    for (name, value) in rows {
      line.keep(name.padded(to: 10) + value)
    }
    return exists && !FileStatus.isDevice(plan.checkpoint)
  }

  private var units: String {
    let (training, heldOut) = (trainer.streams.trainingIDs.count, trainer.streams.validationIDs.count)
    let unit = trainer.configuration.unit
    return "\(training.counting(unit.rawValue)) to learn, \(heldOut.grouped) held out; "
      + "\(trainer.vocabulary.count.grouped) different"
  }

  private var model: String {
    let summary = trainer.configuration.model.summary(vocabularySize: trainer.vocabulary.count)
    return "\(summary): \(trainer.model.parameters.elementCount.counting("parameter"))"
  }

  private func training(_ plan: TrainingPlan) -> String {
    let configuration = trainer.configuration
    let clip = configuration.clip.map { ", clipping at \($0)" } ?? ""
    let windows = trainer.streams.windowCount
    let epochs = (Double(plan.stepCount) / Double(windows)).fixed(1)
    let from = firstStep > 0 ? "from step \(firstStep.grouped) " : ""
    return "\(configuration.optimizer.rawValue) \(trainer.learningRate)\(clip), "
      + "batch \(configuration.batchSize) x \(configuration.windowLength), "
      + "\(from)to step \(plan.stepCount.grouped) (\(epochs) epochs of \(windows.grouped))"
  }

  private func saving(_ plan: TrainingPlan, replaces: Bool) -> String {
    "\(plan.checkpoint), every \(plan.saveEvery.counting("step"))"
      + (replaces ? " (replaces the file that is there)" : "")
  }

  // MARK: - Steps

  /// Shows a step; those of the live line and of plain output only now and then.
  func took(_ step: TextTrainer.Step, validation: TextEvaluation?, endsEpoch: Bool, of plan: TrainingPlan) {
    // The mean of about the last 20 steps; windows differ more than the model does.
    loss = loss.map { $0 + (step.loss - $0) / Double(min(20, step.number - firstStep)) } ?? step.loss
    self.validation = validation ?? self.validation
    if endsEpoch { showEpoch(step) }
    let pause: Duration = line.isLive ? .milliseconds(100) : .seconds(5)
    guard clock.now - lastShown > pause else { return }
    lastShown = clock.now
    if line.isLive { line.draw(progress(step, of: plan)) } else { line.keep(figures(step, of: plan).shown) }
  }

  /// Keeps a line for an epoch, for one in a second at most: those of small texts are short.
  private func showEpoch(_ step: TextTrainer.Step) {
    guard lastEpoch.map({ clock.now - $0 > .seconds(1) }) ?? true else { return }
    lastEpoch = clock.now
    let validation = step.validation.map { ", held out \($0.loss.fixed(3)), \(bits($0.loss))" } ?? ""
    line.keep("epoch \(step.epoch)".padded(to: 10) + "loss \((loss ?? step.loss).fixed(3))\(validation)")
  }

  private func progress(_ step: TextTrainer.Step, of plan: TrainingPlan) -> ProgressLine {
    let figures = figures(step, of: plan)
    return ProgressLine(fraction: figures.fraction, figures: figures.byImportance, order: [5, 4, 0, 2, 3, 1])
  }

  private func figures(
    _ step: TextTrainer.Step, of plan: TrainingPlan
  ) -> (fraction: Double, byImportance: [String], shown: String) {
    let loss = loss ?? step.loss
    let left = Double(plan.stepCount - step.number) * stepSize / rate
    let fraction = Double(step.number) / Double(plan.stepCount)
    let all = [
      "loss \(loss.fixed(3))", "\(left.duration) left", bits(loss), "\(rate.rate) \(unit)/s",
      "step \(step.number.grouped)/\(plan.stepCount.grouped)", "\(Int(100 * fraction))%",
    ]
    return (fraction, all, [5, 4, 0, 2, 3, 1].map { all[$0] }.joined(separator: "  "))
  }

  /// The natural logarithm of 2: a bit in nats.
  private static let bit = 0.693_147_180_559_945_3

  private func bits(_ loss: Double) -> String { "\((loss / Self.bit).fixed(2)) bits/\(unit)" }

  /// What a unit is called beside a number.
  private var unit: String { trainer.configuration.unit == .byte ? "byte" : "char" }

  private var stepSize: Double {
    Double(trainer.configuration.batchSize * trainer.configuration.windowLength)
  }

  /// Units a second since the run began.
  private var rate: Double { Double(trainer.stepCount - firstStep) * stepSize / max(elapsed, 1e-9) }

  private var elapsed: Double { (clock.now - start) / .seconds(1) }

  // MARK: - Ending

  /// Writes what the model writes now.
  func sample(of trainer: TextTrainer) throws {
    line.keep("\nsample    after step \(trainer.stepCount.grouped), temperature 0.7")
    var sampler = TextSampler(
      model: trainer.model, vocabulary: trainer.vocabulary, temperature: 0.7, seed: trainer.configuration.seed
    )
    let ids = (0..<500).map { _ in sampler.next() }
    try Console.output.write(trainer.vocabulary.decodeBytes(ids) + [UInt8(ascii: "\n")])
    line.keep("")
  }

  func finished(_ plan: TrainingPlan) {
    let steps = (trainer.stepCount - firstStep).counting("step")
    let heldOut = validation.map { "; held out \($0.loss.fixed(3)), \(bits($0.loss))" } ?? ""
    line.keep(
      "done      \(steps) in \(elapsed.duration), \(rate.rate) \(unit)/s; loss \((loss ?? 0).fixed(3))\(heldOut)"
    )
    line.keep("saved     \(plan.checkpoint)")
    line.keep("sample it \(ResumeCommand.tool) sample \(ResumeCommand.quoted(plan.checkpoint))")
  }

  func stopped(_ plan: TrainingPlan) {
    line.keep("stopped   after step \(trainer.stepCount.grouped) of \(plan.stepCount.grouped)")
    line.keep("saved     \(plan.checkpoint)")
    line.keep("go on     \(ResumeCommand.line(checkpoint: plan.checkpoint))")
  }

  func nothingToDo(_ plan: TrainingPlan) {
    line.keep(
      "Nothing to do: the checkpoint stands at step \(trainer.stepCount.grouped) of \(plan.stepCount.grouped). "
        + "Give more --steps or --epochs to go on.")
  }
}
