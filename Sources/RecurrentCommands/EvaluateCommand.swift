import ArgumentParser
import Recurrent

/// `rnn evaluate`: how well a trained model predicts a text.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure how well a trained model predicts a text.",
    discussion: """
      Reads the text as one stream, from a zero state, and predicts each character from all before it. The loss is the mean \
      cross entropy in nats; bits are the same by another unit, and the perplexity is e to the loss: how many \
      equally likely characters the model hesitates between.

      EXAMPLES
        rnn evaluate rnn.safetensors Tests
        rnn evaluate novel.safetensors chapter-12.txt chapter-13.txt
      """
  )

  @Argument(help: "Checkpoint that rnn train text wrote.")
  var checkpoint: String

  @Argument(help: "Files, or folders to search for text.")
  var paths: [String]

  @OptionGroup(title: "Computing") var compute: ComputeFlags

  func run() throws {
    try withComputeFlags(compute) { try evaluate() }
  }

  private func evaluate() throws {
    let (model, vocabulary) = try Checkpoint.readModel(checkpoint)
    let text = try TextFiles(paths)
    let place = paths.joined(separator: ", ")
    let ids = try describingErrors(.text, "cannot evaluate \(checkpoint) on \(place)") {
      try vocabulary.encode(text.text)
    }
    guard let result = model.evaluate(ids) else {
      throw CommandError(
        .text, "text too short: \(place)", found: "\(ids.count) \(vocabulary.unit)",
        expected: "at least 2: one to predict the other from")
    }
    try Console.output.write(report(result, unit: vocabulary.unit))
  }

  private func report(_ result: TextEvaluation, unit: TextUnit) -> String {
    """
    loss        \(result.loss.fixed(6)) nats
    bits        \(result.bitsPerUnit.fixed(6)) per \(unit)
    perplexity  \(result.perplexity.fixed(4))
    predicted   \(result.predictionCount.counting(unit.rawValue))

    """
  }
}
