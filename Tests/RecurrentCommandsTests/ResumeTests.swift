import Foundation
import Testing

/// A run that is ended and goes on leaves the same log and the same checkpoint as one that was never ended.
struct ResumeTests {
  private static let options =
    ["train", "text", "a.txt"] + smallModel
    + ["--cell", "lstm", "--layers", "2", "--dropout", "0.3", "--save-every", "4", "--log", "a.csv"]
  private static let stepCount = 150

  private struct Traces: Equatable {
    let log, checkpoint: [UInt8]?
    init(_ tool: BuiltTool) { (log, checkpoint) = (tool.bytes("a.csv"), tool.bytes("rnn.safetensors")) }
  }

  /// What a run leaves that was never ended. The text has epochs of 36 windows.
  private static let reference = Result {
    let tool = try BuiltTool()
    try tool.write(String(sampleText.prefix(810)), to: "a.txt")
    let result = try tool.run(options + ["--steps", "\(stepCount)"])
    #expect(result.code == 0, "\(result.error)")
    return Traces(tool)
  }

  private func resume(_ tool: BuiltTool, steps: Int = stepCount) throws {
    let result = try tool.run(Self.options + ["--steps", "\(steps)", "--resume", "rnn.safetensors"])
    #expect(result.code == 0, "\(result.error)")
  }

  private func rowCount(_ tool: BuiltTool) -> Int { (tool.bytes("a.csv") ?? []).count { $0 == 10 } - 1 }

  @Test(arguments: [0, 3, 17, 36, 61]) func killedRunGoesOnToTheSameBits(row: Int) throws {
    let tool = try BuiltTool()
    try tool.write(String(sampleText.prefix(810)), to: "a.txt")
    let killed = try tool.run(Self.options + ["--steps", "\(Self.stepCount)"]) { process in
      while process.isRunning && (rowCount(tool) < row || tool.bytes("rnn.safetensors") == nil) {
        usleep(200)
      }
      kill(process.processIdentifier, SIGKILL)
    }
    #expect(killed.wasKilled)
    try resume(tool)
    let reference = try Self.reference.get()
    let traces = Traces(tool)
    #expect(traces.log == reference.log)
    #expect(traces.checkpoint == reference.checkpoint)
  }

  @Test func runInThreePartsGivesTheSameBits() throws {
    let tool = try BuiltTool()
    try tool.write(String(sampleText.prefix(810)), to: "a.txt")
    // 36 steps end an epoch, 50 do not: the row of step 50 must lose its validation loss again.
    try tool.run(Self.options + ["--steps", "36"])
    try resume(tool, steps: 50)
    try resume(tool)
    #expect(Traces(tool) == (try Self.reference.get()))
  }

  @Test(arguments: [SIGINT, SIGTERM]) func stoppedRunSaysHowToGoOn(signal: Int32) throws {
    let tool = try BuiltTool()
    try tool.write(String(sampleText.prefix(810)), to: "a.txt")
    let stopped = try tool.run(Self.options + ["--steps", "\(Self.stepCount)"]) { process in
      while process.isRunning && rowCount(tool) < 5 { usleep(200) }
      kill(process.processIdentifier, signal)
    }
    #expect(stopped.code == 0 && !stopped.wasKilled)
    let line = try #require(stopped.error.firstMatch(of: /go on     (.*)\n/)?.1)
    #expect(line.hasSuffix("--steps 150 --resume rnn.safetensors"))
    // Nothing that was done is lost: the checkpoint stands at the last row.
    let before = rowCount(tool)
    #expect(before < Self.stepCount)
    #expect(try tool.run("inspect", "rnn.safetensors").text.contains("stands at   step \(before):"))
    let resumed = try tool.run(["-c", String(line)], executable: URL(filePath: "/bin/sh"))
    #expect(resumed.code == 0, "\(resumed.error)")
    #expect(Traces(tool) == (try Self.reference.get()))
  }

  @Test func finishedRunHasNothingToDo() throws {
    let tool = try BuiltTool()
    try tool.write(String(sampleText.prefix(810)), to: "a.txt")
    try tool.run(Self.options + ["--steps", "4"])
    let before = Traces(tool)
    let result = try tool.run(Self.options + ["--steps", "4", "--resume", "rnn.safetensors"])
    #expect(result.code == 0)
    #expect(result.error.contains("Nothing to do"))
    #expect(Traces(tool) == before)
  }

  @Test func learningRateMayChange() throws {
    let tool = try BuiltTool()
    try tool.write(String(sampleText.prefix(810)), to: "a.txt")
    try tool.run(Self.options + ["--steps", "4"])
    try tool.run(Self.options + ["--steps", "5", "--resume", "rnn.safetensors", "--learning-rate", "0.125"])
    #expect(tool.text("a.csv")?.split(separator: "\n").last?.contains(",0.125,") == true)
  }

  @Test func logOfAnotherRunIsRefused() throws {
    let tool = try BuiltTool()
    try tool.write(String(sampleText.prefix(810)), to: "a.txt")
    try tool.run(Self.options + ["--steps", "8"])
    for log in ["step,epoch\n", "step,epoch,loss,gradient_norm,learning_rate,validation_loss\n1,1,2,3,4,\n"] {
      try tool.write(log, to: "a.csv")
      let result = try tool.run(Self.options + ["--steps", "9", "--resume", "rnn.safetensors"])
      #expect(result.code == 1)
      #expect(result.error.contains("not the log of the resumed run: a.csv"))
      #expect(tool.text("a.csv") == log)
    }
  }
}
