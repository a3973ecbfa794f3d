import ArgumentParser

/// `rnn train`: what can be trained.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a recurrent network.",
    discussion: """
      EXAMPLES
        rnn train text Sources
        rnn help train text
      """,
    subcommands: [TrainTextCommand.self]
  )
}
