import RecurrentTestSupport
import Testing

struct TourCommandTests {
  @Test func everyPublishedValueIsReproduced() throws {
    let result = try BuiltTool().run("tour")
    #expect(result.code == 0)
    #expect(result.error.isEmpty)
    #expect(result.text.hasSuffix("values and shapes compared: all agree\n"))
    #expect(!result.text.contains("✗"))
    for published in ["-0.3519801", "0.52525216", "1.8864892", "-0.1615", "-0.0354", "(10, 2, 8)"] {
      #expect(result.text.contains(published), "\(published)")
    }
  }

  @Test func tensorsArePrintedAsPyTorchPrintedThem() throws {
    let text = try BuiltTool().run("tour").text
    for (key, golden, _) in try GoldenFile("Tour/tour.safetensors").cases(as: TourCase.self)
    where golden.seed == (golden.notebook == 3 ? 1 : 0) {
      #expect(text.contains(golden.output), "\(key)")
      // The tour shows both directions of a hidden state apart, and no hidden state of ten layers.
      if !golden.bidirectional && golden.layers == 1 && golden.notebook != 2 {
        #expect(text.contains(golden.hidden), "\(key)")
      }
    }
  }

  @Test(arguments: 1...5) func lessonIsShownAlone(number: Int) throws {
    let text = try BuiltTool().run("tour", "\(number)").text
    let headings = (1...5).filter { text.contains("\n\($0). ") || text.hasPrefix("\($0). ") }
    #expect(headings == [number])
  }

  @Test func lessonThatIsNotThereIsAUsageError() throws {
    let result = try BuiltTool().run("tour", "6")
    #expect(result.code == 64)
    #expect(result.error.contains("The lesson is 6, expected 1 to 5."))
  }

  @Test func outputForNoTerminalHasNoColor() throws {
    #expect(!(try BuiltTool().run(["tour"], environment: ["NO_COLOR": ""])).output.contains(0x1B))
  }

  @Test func outputIsASCIIWhereTheLocaleIs() throws {
    let result = try BuiltTool().run(["tour"], environment: ["LC_ALL": "C"])
    #expect(result.code == 0)
    #expect(result.output.allSatisfy { $0 < 0x80 })
  }
}

private struct TourCase: Decodable {
  let notebook, seed, layers: Int
  let bidirectional: Bool
  let output, hidden: String

  enum CodingKeys: String, CodingKey {
    case notebook, seed, layers, bidirectional
    case output = "printed.output"
    case hidden = "printed.h_n"
  }
}
