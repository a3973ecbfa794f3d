import Testing

struct EvaluateCommandTests {
  @Test func evaluationPredictsEveryCharacterButTheFirst() throws {
    let tool = try trainedTool()
    let result = try tool.run("evaluate", "rnn.safetensors", "a.txt")
    #expect(result.code == 0, "\(result.error)")
    let count = sampleText.unicodeScalars.count - 1
    let match = try #require(
      result.text.firstMatch(of: /loss        (\S+) nats\nbits        (\S+) per scalar/))
    let (loss, bits) = (try #require(Double(match.1)), try #require(Double(match.2)))
    #expect(abs(bits * 0.6931471805599453 - loss) < 2e-6)
    #expect(result.text.replacing(",", with: "").contains("predicted   \(count) scalars"))
  }

  @Test func evaluationOfAnUnknownCharacterNamesIt() throws {
    let tool = try trainedTool()
    try tool.write("The Zoo", to: "b.txt")
    let result = try tool.run("evaluate", "rnn.safetensors", "b.txt")
    #expect(result.code == 1)
    #expect(result.error.contains("U+005A"))
  }
}
