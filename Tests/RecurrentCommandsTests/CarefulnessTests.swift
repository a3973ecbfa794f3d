import Foundation
import Recurrent
import Testing

/// Nothing that a command reads is lost to what it writes, and what it writes goes nowhere else.
struct CarefulnessTests {
  /// Runs a line of a shell, in which `$R` is the tool.
  @discardableResult
  private func shell(_ line: String, in tool: BuiltTool) throws -> BuiltTool.Result {
    try tool.run(
      ["-c", line], executable: URL(filePath: "/bin/sh"), environment: ["R": BuiltTool.executable.path])
  }

  private let options = smallModel.joined(separator: " ") + " --steps 3"

  @Test(arguments: ["--log", "--checkpoint"]) func textThatWouldBeReplacedIsKept(option: String) throws {
    let tool = try BuiltTool()
    try tool.write(sampleText, to: "a.txt")
    let result = try shell("ln a.txt b.txt; $R train text a.txt \(options) \(option) ./b.txt", in: tool)
    #expect(result.code == 1 && result.error.contains("\(option) would replace a.txt"), "\(result.error)")
    #expect(tool.text("a.txt") == sampleText)
    #expect(tool.names == ["a.txt", "b.txt"])
  }

  @Test(arguments: ["gru.st", "x.npz"]) func whatIsRunIsKept(file: String) throws {
    let tool = try BuiltTool()
    try SafeTensors.write(
      NamedTensors(GRU(inputSize: 3, hiddenSize: 2).parameters), to: tool.path("gru.st"))
    try NPZ.write(["input": Tensor(zeros: [4, 3])], to: tool.path("x.npz"))
    let before = tool.bytes(file)
    let result = try tool.run("run", "gru.st", "--input", "x.npz", "--output", "./\(file)")
    #expect(result.code == 1 && result.error.contains("--output would replace \(file)"), "\(result.error)")
    #expect(tool.bytes(file) == before)
  }

  @Test func logInTheFolderOfTheTextIsNoText() throws {
    let tool = try BuiltTool()
    try tool.write(sampleText, to: "a.txt")
    let run = ["train", "text", "."] + smallModel + ["--log", "a.csv"]
    try tool.run(run + ["--steps", "2"])
    let resumed = try tool.run(run + ["--steps", "3", "--resume", "rnn.safetensors"])
    #expect(resumed.code == 0 && resumed.error.contains("1 file,"), "\(resumed.error)")
  }

  @Test func whatIsForPeopleNeverReachesFilesWhereStreamsAreClosed() throws {
    let tool = try BuiltTool()
    try tool.write(sampleText, to: "a.txt")
    let run = "$R train text a.txt \(options) --sample-every 2 --log"
    #expect(try shell("\(run) open.csv", in: tool).code == 0)
    #expect(try shell("\(run) silent.csv 2>&-", in: tool).code == 0)
    #expect(tool.bytes("silent.csv") == tool.bytes("open.csv"))
    let closed = try shell("\(run) closed.csv <&- >&-", in: tool)
    #expect(closed.code == 1 && closed.error.contains("standard output"), "\(closed.error)")
    let log = try #require(tool.bytes("closed.csv"))
    #expect(tool.bytes("open.csv")?.starts(with: log) == true)
  }

  @Test func argumentThatIsNotUTF8IsRefused() throws {
    let tool = try BuiltTool()
    let result = try shell("$R inspect \"$(printf 'a\\351')\"", in: tool)
    #expect(result.code == 64 && result.error.contains("Argument 2 is not UTF-8"), "\(result.error)")
  }

  @Test func namesThatShellsAndURLsReadOtherwiseAreRead() throws {
    let tool = try trainedTool()
    for name in ["~", "a%20b", "#?"] {
      _ = try shell("cp a.txt '\(name)'", in: tool)
      let result = try tool.run("evaluate", "rnn.safetensors", name)
      #expect(result.code == 0, "\(result.error)")
    }
  }

  @Test(.timeLimit(.minutes(1))) func pipeWithoutAWriterIsRefusedAtOnce() throws {
    let tool = try BuiltTool()
    let result = try shell("mkfifo pipe && $R inspect pipe", in: tool)
    #expect(result.code == 1 && result.error.contains("a device or pipe"), "\(result.error)")
  }

  @Test(arguments: [Double.infinity, .nan, 1e300, 0.5]) func absurdStepOfACheckpointIsShownAsUnknown(
    step: Double
  ) throws {
    let tool = try trainedTool()
    var tensors = try SafeTensors.read(tool.path("rnn.safetensors"))
    tensors["optimizer.step"] = Tensor(scalar: step)
    try SafeTensors.write(tensors, to: tool.path("rnn.safetensors"))
    let result = try tool.run("inspect", "rnn.safetensors")
    #expect(!result.wasKilled && result.text.contains("step ?"), "\(result.error)")
  }

  @Test func absurdEpochOfACheckpointIsRefused() throws {
    let tool = try trainedTool()
    var tensors = try SafeTensors.read(tool.path("rnn.safetensors"))
    tensors["cursor"] = Tensor([.max, 2] as [Int64], shape: [2])
    try SafeTensors.write(tensors, to: tool.path("rnn.safetensors"))
    let result = try tool.run("train", "text", "a.txt", "--resume", "rnn.safetensors", "--epochs", "1")
    #expect(result.code == 1 && result.error.contains("cursor: found"), "\(result.error)")
  }
}
