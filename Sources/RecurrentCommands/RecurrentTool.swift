import ArgumentParser

/// The `rnn` command: train, sample, run and inspect recurrent networks from the shell.
struct RecurrentTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rnn",
    abstract: "Train, sample, run and inspect recurrent networks."
  )
}

/// Runs the command that the process's arguments name, and exits.
public func runTool() {
  RecurrentTool.main()
}
