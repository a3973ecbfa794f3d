import Recurrent
import RecurrentTestSupport
import Testing

/// The layers of the five notebooks, down to the text that PyTorch prints; see Tests/Fixtures/make_tour_goldens.py.
@Suite struct TourGoldenTests {
  @Test func notebooksPrintWhatPyTorchPrints() throws {
    for golden in try Golden<TourConfiguration>.load("Tour/tour") {
      let layer = golden.configuration.layer
      golden.expectInitialParameters(layer.parameters)
      let (output, hidden) = layer(try #require(golden["input"]))
      golden.expectClose(output, to: "output", within: .results)
      golden.expectClose(hidden, to: "h_n", within: .results)
      // Ten layers leave numbers so small that the sixth digit, which is printed, is not PyTorch's.
      guard golden.configuration.layers == 1 else { continue }
      #expect("\(output)" == golden.configuration.printedOutput, "\(golden.name)")
      #expect("\(hidden)" == golden.configuration.printedHidden, "\(golden.name)")
    }
  }

  @Test func tensorsOfPyTorchPrintAsItPrintsThem() throws {
    for golden in try Golden<TourConfiguration>.load("Tour/tour") {
      #expect("\(try #require(golden["output"]))" == golden.configuration.printedOutput, "\(golden.name)")
      #expect("\(try #require(golden["h_n"]))" == golden.configuration.printedHidden, "\(golden.name)")
    }
  }
}

struct TourConfiguration: Decodable, Sendable {
  var notebook: Int
  var seed: UInt64
  var inputSize: Int
  var hiddenSize: Int
  var layers: Int
  var bidirectional: Bool
  var batchFirst: Bool
  var printedOutput: String
  var printedHidden: String

  enum CodingKeys: String, CodingKey {
    case notebook, seed, inputSize, hiddenSize, layers, bidirectional, batchFirst
    case printedOutput = "printed.output"
    case printedHidden = "printed.h_n"
  }

  var layer: RNN {
    RNN(
      inputSize: inputSize, hiddenSize: hiddenSize, layerCount: layers, batchFirst: batchFirst,
      bidirectional: bidirectional, generator: Generator(seed: seed))
  }
}
