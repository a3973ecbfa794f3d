import Recurrent
import RecurrentTestSupport
import Testing

/// Linear, Embedding and Dropout against PyTorch's; see Tests/Fixtures/make_training_goldens.py.
@Suite struct FeedforwardGoldenTests {
  private static func cases(_ kind: String) throws -> [Golden<FeedforwardConfiguration>] {
    try Golden<FeedforwardConfiguration>.load("Training/feedforward").filter { $0.configuration.kind == kind }
  }

  @Test func linearEqualsPyTorchs() throws {
    for golden in try Self.cases("linear") {
      let layer = golden.configuration.linear
      golden.expectInitialParameters(layer.parameters)
      let trial = GoldenTrial(layer, golden)
      golden.expectResults(trial.differentiated(golden) { [("output", $0.layer($0.input!))] })
    }
  }

  @Test func embeddingEqualsPyTorchs() throws {
    for golden in try Self.cases("embedding") {
      let ids = try #require(golden["ids"])
      var layer = golden.configuration.embedding
      golden.expectClose(layer.weight, to: "weight", within: .normalNumbers)
      layer.weight = try #require(golden["weight"])
      let trial = GoldenTrial(layer, golden)
      golden.expectResults(trial.differentiated(golden) { [("output", $0.layer(ids))] })
    }
  }

  @Test func dropoutMasksHavePyTorchsBits() throws {
    for golden in try Self.cases("dropout") {
      let generator = Generator(seed: golden.configuration.seed)
      let layer = Dropout(golden.configuration.probability ?? 0, generator: generator)
      let trial = GoldenTrial(layer, golden)
      let found = trial.differentiated(golden) { [("output", $0.layer($0.input!))] }
      golden.expectSameBits(found["output"], as: "output")
      golden.expectSameBits(found["grad.input"], as: "grad.input")
      golden.expectSameBits(generator.uniform([3]), as: "after")
    }
  }
}

extension Tolerance {
  /// Numbers drawn by `normal_`: PyTorch takes logarithm, sine and cosine of float64 from the system.
  fileprivate static let normalNumbers = Tolerance(float32: 1e-6, float64: 1e-15)
}

struct FeedforwardConfiguration: GoldenConfiguration {
  var kind: String
  var seed: UInt64
  var dtype: String
  var bias: Bool?
  var inputSize: Int?
  var outputSize: Int?
  var count: Int?
  var size: Int?
  var paddingIndex: Int?
  var probability: Double?

  var linear: Linear {
    Linear(
      inputSize: inputSize ?? 0, outputSize: outputSize ?? 0, bias: bias ?? true, dtype: type,
      generator: Generator(seed: seed))
  }

  /// PyTorch counts a negative padding index from the end.
  var embedding: Embedding {
    let padding = paddingIndex.map { $0 < 0 ? $0 + (count ?? 0) : $0 }
    return Embedding(
      count: count ?? 0, size: size ?? 0, paddingIndex: padding, dtype: type, generator: Generator(seed: seed)
    )
  }
}
