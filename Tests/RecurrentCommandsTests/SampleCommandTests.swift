import Foundation
import Testing

struct SampleCommandTests {
  @Test func sampleBeginsWithThePrimeAndHasTheLength() throws {
    let tool = try trainedTool()
    let result = try tool.run("sample", "rnn.safetensors", "--prime", "다람쥐 ", "--length", "20")
    #expect(result.code == 0, "\(result.error)")
    #expect(result.text.hasPrefix("다람쥐 "))
    #expect(result.text.unicodeScalars.count == 4 + 20 + 1)
  }

  @Test func seedSettlesTheSample() throws {
    let tool = try trainedTool()
    func sample(_ options: String...) throws -> [UInt8] {
      try tool.run(["sample", "rnn.safetensors", "--length", "30"] + options).output
    }
    #expect(try sample("--seed", "1") == sample("--seed", "1", "--isa", "scalar", "--threads", "1"))
    #expect(try sample("--seed", "1") != sample("--seed", "2"))
    #expect(try sample("--temperature", "0", "--seed", "1") == sample("--temperature", "0", "--seed", "2"))
  }

  @Test func graphemesAreWrittenWhole() throws {
    let tool = try trainedTool("--unit", "grapheme")
    let result = try tool.run("sample", "rnn.safetensors", "--prime", "👍🏽", "--length", "9")
    #expect(result.code == 0, "\(result.error)")
    #expect(result.text.hasPrefix("👍🏽"))
  }

  @Test func characterThatTheModelDoesNotKnowIsNamed() throws {
    let tool = try trainedTool()
    let result = try tool.run("sample", "rnn.safetensors", "--prime", "The Z")
    #expect(result.code == 1)
    #expect(result.output.isEmpty)
    #expect(result.error.contains("U+005A"))
  }
}
