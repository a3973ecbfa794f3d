import Foundation
import Recurrent
import Testing

struct TrainTextCommandTests {
  private func train(_ tool: BuiltTool, _ more: String..., paths: [String] = ["a.txt"]) throws
    -> BuiltTool.Result
  {
    try tool.run(["train", "text"] + paths + smallModel + more)
  }

  @Test func textIsLearnedLoggedAndSaved() throws {
    let tool = try BuiltTool()
    try tool.write(sampleText, to: "a.txt")
    let result = try train(tool, "--steps", "12", "--log", "a.csv")
    #expect(result.code == 0, "\(result.error)")
    #expect(tool.names == ["a.csv", "a.txt", "rnn.safetensors"])
    let rows = try #require(tool.text("a.csv")).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(rows.first == "step,epoch,loss,gradient_norm,learning_rate,validation_loss")
    #expect(rows.count == 14 && rows.last == "")
    #expect(rows[1].wholeMatch(of: /1,1,\d+\.\d+,\d+\.\d+,0\.004,/) != nil, "\(rows[1])")
    #expect(rows[12].wholeMatch(of: /12,1,\d+\.\d+,\d+\.\d+,0\.004,\d+\.\d+/) != nil, "\(rows[12])")
    #expect(result.error.contains("saved     rnn.safetensors"))
    #expect(!result.error.contains("\r"))
  }

  @Test func logHasTheTrainersNumbersWithAllBits() throws {
    let tool = try BuiltTool()
    try tool.write(sampleText, to: "a.txt")
    _ = try train(tool, "--steps", "3", "--log", "a.csv", "--validation", "0", "--seed", "4")
    let model = CharacterModel.Configuration(hiddenSize: 8, layerCount: 1)
    let trainer = try TextTrainer(
      TrainingConfiguration(
        model: model, batchSize: 3, windowLength: 7, validation: 0,
        learningRate: 4e-3, seed: 4),
      text: sampleText)
    let rows = try #require(tool.text("a.csv")).split(separator: "\n").dropFirst()
    for row in rows {
      let step = trainer.step()
      #expect(row == "\(step.number),1,\(step.loss),\(step.gradientNorm),0.004,")
    }
    #expect(rows.count == 3)
  }

  @Test func everyCellOptimizerAndUnitTrains() throws {
    let tool = try BuiltTool()
    try tool.write(sampleText, to: "a.txt")
    let variants = [
      ["--cell", "rnn", "--optimizer", "sgd", "--unit", "byte"],
      ["--cell", "gru", "--optimizer", "adamw", "--unit", "grapheme", "--embedding", "5"],
      ["--cell", "lstm", "--dropout", "0.5", "--layers", "2", "--clip", "0"],
    ]
    for variant in variants {
      let result = try tool.run(["train", "text", "a.txt"] + smallModel + variant + ["--steps", "2"])
      #expect(result.code == 0, "\(variant) \(result.error)")
      #expect(String(validating: result.output, as: UTF8.self) != nil || variant.contains("byte"))
    }
  }

  @Test func epochsAndStepsEndARunWhicheverComesFirst() throws {
    let tool = try BuiltTool()
    try tool.write(String(sampleText.prefix(200)), to: "a.txt")
    func stepCount(_ options: String...) throws -> Int {
      _ = try tool.run(
        ["train", "text", "a.txt"] + smallModel + ["--log", "a.csv", "--validation", "0"] + options)
      return try #require(tool.text("a.csv")).split(separator: "\n").count - 1
    }
    // 200 characters: streams of 66, 9 windows of 7.
    #expect(try stepCount("--epochs", "2") == 18)
    #expect(try stepCount("--epochs", "2", "--steps", "5") == 5)
    #expect(try stepCount("--epochs", "1", "--steps", "50") == 9)
  }

  @Test func folderIsSearchedInTheOrderOfNames() throws {
    let tool = try BuiltTool()
    try tool.write(String(repeating: "abc ", count: 30), to: "text/b/1.md")
    try tool.write(String(repeating: "xyz ", count: 30), to: "text/a.swift")
    try tool.write(String(repeating: "hidden", count: 30), to: "text/.git/config")
    try tool.write([0xFF, 0xFE] + Array(repeating: 7, count: 100), to: "text/b/picture.bin")
    try tool.write([0x61, 0x00, 0x62], to: "text/b/zero.bin")
    let options = ["--steps", "4", "--log"]
    let result = try tool.run(["train", "text", "text"] + smallModel + options + ["folder.csv"])
    #expect(result.code == 0, "\(result.error)")
    #expect(result.error.contains("2 files, 240 bytes (2 skipped: no UTF-8 text)"), "\(result.error)")
    try tool.run(["train", "text", "text/a.swift", "text/b/1.md"] + smallModel + options + ["files.csv"])
    #expect(tool.bytes("folder.csv") == tool.bytes("files.csv"))
  }

  @Test func lossColumnIsTheSameForEveryInstructionSetAndNumberOfThreads() throws {
    let tool = try BuiltTool()
    try tool.write(sampleText, to: "a.txt")
    var logs: Set<[UInt8]> = []
    for set in InstructionSet.available {
      for threads in 1...2 {
        let options = ["--isa", set.rawValue, "--threads", "\(threads)", "--steps", "6", "--log", "a.csv"]
        let result = try tool.run(
          ["train", "text", "a.txt"] + smallModel + ["--hidden", "19", "--layers", "2", "--dropout", "0.2"]
            + options)
        #expect(result.code == 0, "\(result.error)")
        logs.insert(tool.bytes("a.csv") ?? [])
      }
    }
    #expect(logs.count == 1)
  }

  @Test func samplesComeAsOftenAsAsked() throws {
    let tool = try BuiltTool()
    try tool.write(String(sampleText.prefix(300)), to: "a.txt")
    let result = try train(tool, "--steps", "5", "--sample-every", "2")
    #expect(result.error.matches(of: /sample    after step (\d)/).map(\.1) == ["2", "4", "5"])
  }

  @Test func divergedTrainingEndsAndKeepsWhatWasSaved() throws {
    let tool = try BuiltTool()
    try tool.write(sampleText, to: "a.txt")
    let result = try train(
      tool, "--optimizer", "sgd", "--clip", "0", "--learning-rate", "1e38", "--steps", "50", "--save-every",
      "1")
    #expect(result.code == 1)
    #expect(result.error.contains("training went astray at step"))
    #expect(result.error.contains("rnn.safetensors keeps step"))
    #expect(try tool.run("inspect", "rnn.safetensors").code == 0)
  }
}
