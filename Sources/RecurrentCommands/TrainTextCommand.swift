import ArgumentParser
import Recurrent

/// `rnn train text`: learns to predict the next character of a text.
struct TrainTextCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "text",
    abstract: "Train a network to write text, character by character.",
    discussion: """
      Reads files, and folders with all text files in them (UTF-8, any script; names that begin with a dot are passed \
      over), sorted by name and joined with nothing between them. Learns by truncated backpropagation through time to predict \
      each next character, saves as it goes, and writes a sample.

      Progress goes to standard error, samples to standard output. Ctrl-C finishes the step, saves, and prints the \
      command that goes on: the run then has the same bits as if it had never stopped. A second Ctrl-C ends at once.

      The log has one row a step: step, epoch, loss (mean cross entropy of the step's window, in nats), gradient norm \
      before clipping, learning rate, and, after an epoch's last step and the run's last, the loss on the text held out.

      EXAMPLES
        rnn train text Sources
        rnn train text novel.txt --cell gru --hidden 256 --epochs 20
        rnn train text novel.txt --epochs 40 --resume rnn.safetensors
        rnn train text 시.txt --unit grapheme --embedding 32 --log 시.csv
      """
  )

  @Argument(help: "Files, or folders to search for text.")
  var paths: [String]

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Training") var training: TrainingOptions
  @OptionGroup(title: "Run") var plan: RunOptions
  @OptionGroup(title: "Computing") var compute: ComputeFlags

  func run() throws {
    try withComputeFlags(compute) { try train() }
  }

  private func train() throws {
    let resumed = try plan.resume.map { try Checkpoint.read($0) }
    if let resumed, let file = plan.resume { try checkAgreement(with: resumed, file: file) }
    let text = try TextFiles(paths, written: plan.writtenFiles)
    let trainer = try makeTrainer(text.text, resuming: resumed)
    let report = TrainingReport(
      trainer, source: paths.joined(separator: " "), files: text.summary, machine: compute.summary)
    try TrainingSession(trainer, plan: plan.plan(for: trainer), report: report).run()
  }

  private func makeTrainer(_ text: String, resuming state: TrainingState?) throws -> TextTrainer {
    let place = paths.joined(separator: ", ")
    guard let state, let file = plan.resume else {
      try configuration.checkMemory()
      return try describingErrors(.text, "cannot train on \(place)") {
        try TextTrainer(configuration, text: text)
      }
    }
    let trainer = try describingErrors(.checkpoint, "cannot go on from \(file) with \(place)") {
      try TextTrainer(resuming: state, text: text)
    }
    if let rate = training.learningRate { trainer.learningRate = rate }
    return trainer
  }

  private var configuration: TrainingConfiguration {
    var configuration = TrainingConfiguration(batchSize: 32, learningRate: 4e-3, seed: 1)
    model.apply(to: &configuration)
    training.apply(to: &configuration)
    return configuration
  }

  /// Throws if an option was given that the checkpoint's run did not have.
  private func checkAgreement(with state: TrainingState, file: String) throws {
    let saved = try describingErrors(.checkpoint, "no checkpoint: \(file)") { try state.configuration() }
    var asked = saved
    model.apply(to: &asked)
    training.apply(to: &asked)
    asked.learningRate = saved.learningRate
    for (option, found, expected) in differences(between: saved, and: asked) {
      throw CommandError(
        .checkpoint, "checkpoint of another model: \(file), \(option)", found: found, expected: expected,
        advice: "leave the option out to go on with this model, or start a new one without --resume")
    }
  }

  private func differences(
    between saved: TrainingConfiguration, and asked: TrainingConfiguration
  ) -> [(option: String, found: String, expected: String)] {
    zip(saved.optionValues, asked.optionValues)
      .filter { $0.value != $1.value }.map { ($0.option, $0.value, $1.value) }
  }
}

/// Runs `body`; an error about a training state or text says what it was that failed.
func describingErrors<Result>(
  _ kind: CommandError.Kind, _ what: String, _ body: () throws -> Result
) throws -> Result {
  do {
    return try body()
  } catch let error as TrainingError {
    throw CommandError(kind, "\(what): \(error.place)", found: error.found, expected: error.expected)
  }
}
