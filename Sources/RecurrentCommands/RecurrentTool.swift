import ArgumentParser

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The `rnn` command: train, sample, run and inspect recurrent networks from the shell.
struct RecurrentTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rnn",
    abstract: "Train, sample, run, convert and inspect recurrent networks.",
    discussion: """
      The same input and seed give the same bits on every machine, with any number of threads, and the weights that \
      PyTorch draws.

      EXAMPLES
        rnn tour                                 five lessons, with known results
        rnn train text Sources                   learn to write what is in a folder
        rnn sample rnn.safetensors --prime func  write some
        rnn run lstm.safetensors --input in.npz --output out.npz
        rnn convert model.pt model.onnx          another system's file, proven equal
        rnn verify model.pt model.onnx           the proof for any two files
        rnn inspect rnn.safetensors              what is in a file
        rnn bench                                how fast it is here

      EXIT CODES
        0   done; also after Ctrl-C, when training was saved
        1   a file, text or network that cannot be used; nothing was written
        64  a command line that cannot be understood
      """,
    version: "0.1.0",
    subcommands: [
      TourCommand.self, TrainCommand.self, SampleCommand.self, EvaluateCommand.self, RunCommand.self,
      ConvertCommand.self, VerifyCommand.self, InspectCommand.self, BenchCommand.self,
    ]
  )
}

/// Runs the command that the process's arguments name, and exits.
public func runTool() {
  holdStandardStreams()
  for (place, argument) in rawArguments.enumerated() where !isUTF8(argument) {
    RecurrentTool.exit(
      withError: ValidationError("Argument \(place + 1) is not UTF-8: \(String(cString: argument))"))
  }
  do {
    var command = try RecurrentTool.parseAsRoot()
    try command.run()
  } catch  where RecurrentTool.exitCode(for: error) == .failure {
    try? Console.error.writeLine(Console.error.fitted(RecurrentTool.fullMessage(for: error)))
    RecurrentTool.exit(withError: ExitCode.failure)
  } catch {
    RecurrentTool.exit(withError: error)
  }
}

/// Occupies the numbers of standard streams that are closed: a file opened later would get them, and with them
/// everything that is written for people. What stands there now takes no bytes, as a closed stream.
private func holdStandardStreams() {
  for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) < 0 {
    _ = open("/dev/null", O_RDONLY)
  }
}

/// The arguments as the system gave them. `CommandLine.arguments` is repaired: a file name that is not UTF-8 would
/// quietly become another.
private var rawArguments: [UnsafeMutablePointer<CChar>] {
  (1..<max(1, Int(CommandLine.argc))).compactMap { CommandLine.unsafeArgv[$0] }
}

private func isUTF8(_ argument: UnsafeMutablePointer<CChar>) -> Bool {
  String(validatingCString: argument) != nil
}
