import Foundation
import Testing

/// The help of every command, compared with the texts in `Tests/Fixtures/Help`.
///
/// After a change of the help, write them anew: `RNN_WRITE_HELP=1 swift test --filter HelpTests`.
struct HelpTests {
  private static let commands = [
    "", "tour", "train", "train text", "sample", "evaluate", "run", "convert", "verify", "inspect", "bench",
  ]
  private static let goldens = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Fixtures/Help").standardizedFileURL

  @Test(arguments: commands)
  func helpIsTheOneThatIsKept(command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    let result = try BuiltTool().run(words + ["--help"], environment: ["COLUMNS": "80"])
    let name = (["rnn"] + words).joined(separator: "-") + ".txt"
    let golden = Self.goldens.appending(path: name)
    if ProcessInfo.processInfo.environment["RNN_WRITE_HELP"] != nil {
      try FileManager.default.createDirectory(at: Self.goldens, withIntermediateDirectories: true)
      try Data(result.output).write(to: golden)
    }
    #expect(result.code == 0)
    #expect(result.text == (try String(contentsOf: golden, encoding: .utf8)), "\(name)")
  }

  @Test(arguments: commands)
  func helpHasExamplesAndFitsEightyColumns(command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    let text = try BuiltTool().run(words + ["--help"], environment: ["COLUMNS": "80"]).text
    #expect(text.contains("EXAMPLES\n  rnn "))
    // ArgumentParser does not wrap the line of usage.
    let long = text.split(separator: "\n").filter { $0.count > 80 && !$0.hasPrefix("USAGE: ") }.map(
      String.init)
    #expect(long.isEmpty)
  }

  @Test func versionIsPrinted() throws {
    let result = try BuiltTool().run("--version")
    #expect(result.code == 0)
    #expect(result.text.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
  }

  @Test func commandThatIsNotThereIsAUsageError() throws {
    let result = try BuiltTool().run("fly")
    #expect(result.code == 64)
    #expect(result.output.isEmpty)
    #expect(result.error.contains("fly"))
  }
}
