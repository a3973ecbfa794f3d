import ArgumentParser
import Recurrent

/// `rnn sample`: writes text with a trained model.
struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Write text with a trained model.",
    usage: "rnn sample <checkpoint> [<options>]",
    discussion: """
      Writes to standard output, as it goes. The same checkpoint, options and seed give the same text on every machine.

      EXAMPLES
        rnn sample rnn.safetensors
        rnn sample rnn.safetensors --prime "public func " --length 2000
        rnn sample rnn.safetensors --temperature 0    always the likeliest
      """
  )

  @Argument(help: "Checkpoint that rnn train text wrote.")
  var checkpoint: String

  @Option(help: "Text to begin with; its characters must occur in the text of the training.")
  var prime = ""

  @Option(help: "Characters to write after it.")
  var length = 500

  @Option(help: "Divides the logits: below 1 likely characters become likelier, 0 takes the likeliest.")
  var temperature = 0.7

  @Option(help: "Seed of the draws.")
  var seed: UInt64 = 1

  @OptionGroup(title: "Computing") var compute: ComputeFlags

  func validate() throws {
    try check(length, "--length", atLeast: 0)
    try check(temperature, "--temperature", "0 or more and finite") { $0 >= 0 && $0.isFinite }
  }

  func run() throws {
    try withComputeFlags(compute) { try write() }
  }

  private func write() throws {
    let (model, vocabulary) = try Checkpoint.readModel(checkpoint)
    var sampler = TextSampler(model: model, vocabulary: vocabulary, temperature: temperature, seed: seed)
    try describingErrors(.text, "cannot begin with --prime in \(checkpoint)") { try sampler.read(prime) }
    try Console.output.write(prime)
    for _ in 0..<length { try Console.output.write(vocabulary.decodeBytes([sampler.next()])) }
    try Console.output.writeLine()
  }
}
