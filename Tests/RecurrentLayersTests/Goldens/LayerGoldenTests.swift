import Recurrent
import RecurrentTestSupport
import Testing

/// Recurrent layers against PyTorch's, in every combination of their options; see Tests/Fixtures/make_layer_goldens.py.
@Suite struct LayerGoldenTests {
  static let kinds = ["rnn-tanh", "rnn-relu", "lstm", "lstm-projected", "gru"]
  static let files = ["float32", "float64"].flatMap { dtype in kinds.map { "Layers/\($0)-\(dtype)" } }

  @Test func thereAreAtLeastThreeHundred() throws {
    let counts = try Self.files.map { try Golden<LayerConfiguration>.load($0).count }
    #expect(counts.reduce(0, +) >= 300)
  }

  @Test(arguments: files) func initialWeightsHavePyTorchsBits(_ file: String) throws {
    for golden in try Golden<LayerConfiguration>.load(file) {
      golden.expectInitialParameters(golden.parameters())
    }
  }

  @Test(arguments: files) func resultsAndGradientsEqualPyTorchs(_ file: String) throws {
    for golden in try Golden<LayerConfiguration>.load(file) {
      golden.expectResults(golden.run())
    }
  }

  @Test(arguments: kinds) func errorsAreAtMostTwicePyTorchs(_ kind: String) throws {
    var results = ErrorComparison("\(kind), results", floor: .results)
    var gradients = ErrorComparison("\(kind), gradients", floor: .gradients)
    for golden in try Golden<LayerConfiguration>.load("Layers/\(kind)-float32") {
      let found = golden.run()
      results.add(found, golden.resultNames.filter { !$0.hasPrefix("grad.") }, of: golden)
      gradients.add(found, golden.resultNames.filter { $0.hasPrefix("grad.") }, of: golden)
    }
    results.expectNoWorse()
    gradients.expectNoWorse()
  }
}

/// Dropout between layers while training; masks are drawn on from the generator that made the weights.
@Suite struct LayerDropoutGoldenTests {
  @Test func masksResultsAndGradientsEqualPyTorchs() throws {
    for golden in try Golden<LayerConfiguration>.load("Training/dropout") {
      golden.expectInitialParameters(golden.parameters())
      golden.expectResults(golden.run())
    }
  }
}

/// A layer as the scripts describe it.
struct LayerConfiguration: GoldenConfiguration {
  var kind: String
  var seed: UInt64
  var dtype: String
  var inputSize: Int
  var hiddenSize: Int
  var layers: Int
  var bidirectional: Bool
  var bias: Bool?
  var projection: Int?
  var dropout: Double?
  var layout: String
}

extension Golden<LayerConfiguration> {
  func parameters() -> ParameterList {
    switch configuration.kind {
    case "lstm": configuration.lstm.parameters
    case "gru": configuration.gru.parameters
    default: configuration.rnn.parameters
    }
  }

  /// Results and gradients of the layer that the seed makes.
  func run() -> [String: Tensor] {
    let lengths = self["lengths"]?.scalars(as: Int64.self).map { Int($0) }
    switch configuration.kind {
    case "lstm":
      return GoldenTrial(configuration.lstm, self).differentiated(self) { trial in
        let (output, state) = trial.layer(trial.input!, initialState: trial.lstmState, lengths: lengths)
        return [("output", output), ("h_n", state.hidden), ("c_n", state.cell)]
      }
    case "gru":
      return GoldenTrial(configuration.gru, self).differentiated(self) { trial in
        let (output, hidden) = trial.layer(trial.input!, initialState: trial.h0, lengths: lengths)
        return [("output", output), ("h_n", hidden)]
      }
    default:
      return GoldenTrial(configuration.rnn, self).differentiated(self) { trial in
        let (output, hidden) = trial.layer(trial.input!, initialState: trial.h0, lengths: lengths)
        return [("output", output), ("h_n", hidden)]
      }
    }
  }
}

extension LayerConfiguration {
  private var batchFirst: Bool { layout == "batch-first" }

  var rnn: RNN {
    RNN(
      inputSize: inputSize, hiddenSize: hiddenSize, layerCount: layers, nonlinearity: nonlinearity,
      bias: bias ?? true,
      batchFirst: batchFirst, dropout: dropout ?? 0, bidirectional: bidirectional, dtype: type,
      generator: Generator(seed: seed))
  }

  var lstm: LSTM {
    LSTM(
      inputSize: inputSize, hiddenSize: hiddenSize, layerCount: layers, bias: bias ?? true,
      batchFirst: batchFirst,
      dropout: dropout ?? 0, bidirectional: bidirectional, projectionSize: projection ?? 0, dtype: type,
      generator: Generator(seed: seed))
  }

  var gru: GRU {
    GRU(
      inputSize: inputSize, hiddenSize: hiddenSize, layerCount: layers, bias: bias ?? true,
      batchFirst: batchFirst,
      dropout: dropout ?? 0, bidirectional: bidirectional, dtype: type, generator: Generator(seed: seed))
  }
}
