#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The command line that goes on with a run.
package enum ResumeCommand {
  /// The arguments of this process, with `--resume` of `checkpoint` in place of any other, ready for a shell.
  package static func line(_ arguments: [String] = CommandLine.arguments, checkpoint: String) -> String {
    var words = [relative(arguments.first ?? "rnn")]
    var skipsNext = false
    for argument in arguments.dropFirst() {
      if skipsNext {
        skipsNext = false
      } else if argument == "--resume" {
        skipsNext = true
      } else if !argument.hasPrefix("--resume=") {
        words.append(argument)
      }
    }
    // What follows `--` is no option any more.
    words.insert(contentsOf: ["--resume", checkpoint], at: words.firstIndex(of: "--") ?? words.endIndex)
    return words.map(quoted).joined(separator: " ")
  }

  /// The tool as it was called, from the current folder where it lies below it.
  static var tool: String { quoted(relative(CommandLine.arguments.first ?? "rnn")) }

  /// For a POSIX shell: in single quotes unless every character is harmless.
  package static func quoted(_ word: String) -> String {
    let isHarmless = word.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        || "-_./=,:+@%".unicodeScalars.contains(scalar)
    }
    if isHarmless && !word.isEmpty { return word }
    return "'" + word.replacing("'", with: "'\\''") + "'"
  }

  private static func relative(_ path: String) -> String {
    let folder = FileManager.default.currentDirectoryPath + "/"
    return path.hasPrefix(folder) ? "./" + path.dropFirst(folder.count) : path
  }
}
