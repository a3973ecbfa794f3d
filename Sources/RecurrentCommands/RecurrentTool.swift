import ArgumentParser

/// The `rnn` command: train, sample, run and inspect recurrent networks from the shell.
struct RecurrentTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rnn",
    abstract: "Train, sample, run and inspect recurrent networks.",
    discussion: """
      The same input and seed give the same bits on every machine, with any number of threads, and the weights that \
      PyTorch draws.

      EXAMPLES
        rnn tour                                 five lessons, with known results
        rnn train text Sources                   learn to write what is in a folder
        rnn sample rnn.safetensors --prime func  write some
        rnn run lstm.safetensors --input in.npz --output out.npz
        rnn inspect rnn.safetensors              what is in a file

      EXIT CODES
        0   done; also after Ctrl-C, when training was saved
        1   a file, text or network that cannot be used; nothing was written
        64  a command line that cannot be understood
      """,
    version: "0.1.0",
    subcommands: [
      TourCommand.self, TrainCommand.self, SampleCommand.self, EvaluateCommand.self, RunCommand.self,
      InspectCommand.self,
    ]
  )
}

/// Runs the command that the process's arguments name, and exits.
public func runTool() {
  RecurrentTool.main()
}
