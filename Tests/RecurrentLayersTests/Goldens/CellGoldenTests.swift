import Recurrent
import RecurrentTestSupport
import Testing

/// RNNCell, LSTMCell and GRUCell against PyTorch's; see Tests/Fixtures/make_training_goldens.py.
@Suite struct CellGoldenTests {
  @Test func initialWeightsHavePyTorchsBits() throws {
    for golden in try Golden<CellConfiguration>.load("Training/cells") {
      golden.expectInitialParameters(golden.parameters())
    }
  }

  @Test func stepsAndGradientsEqualPyTorchs() throws {
    for golden in try Golden<CellConfiguration>.load("Training/cells") {
      golden.expectResults(golden.run())
    }
  }

  @Test func errorsAreAtMostTwicePyTorchs() throws {
    var errors = ErrorComparison("cells", floor: .gradients)
    let goldens = try Golden<CellConfiguration>.load("Training/cells")
    for golden in goldens where golden.configuration.type == .float32 {
      errors.add(golden.run(), golden.resultNames, of: golden)
    }
    errors.expectNoWorse()
  }
}

struct CellConfiguration: GoldenConfiguration {
  var kind: String
  var seed: UInt64
  var dtype: String
  var inputSize: Int
  var hiddenSize: Int
  var bias: Bool

  var rnn: RNNCell {
    RNNCell(
      inputSize: inputSize, hiddenSize: hiddenSize, nonlinearity: nonlinearity, bias: bias, dtype: type,
      generator: Generator(seed: seed))
  }

  var lstm: LSTMCell {
    LSTMCell(
      inputSize: inputSize, hiddenSize: hiddenSize, bias: bias, dtype: type, generator: Generator(seed: seed))
  }

  var gru: GRUCell {
    GRUCell(
      inputSize: inputSize, hiddenSize: hiddenSize, bias: bias, dtype: type, generator: Generator(seed: seed))
  }
}

extension Golden<CellConfiguration> {
  func parameters() -> ParameterList {
    switch configuration.kind {
    case "lstm": configuration.lstm.parameters
    case "gru": configuration.gru.parameters
    default: configuration.rnn.parameters
    }
  }

  func run() -> [String: Tensor] {
    switch configuration.kind {
    case "lstm":
      GoldenTrial(configuration.lstm, self).differentiated(self) { trial in
        let state = trial.layer(trial.input!, trial.lstmState)
        return [("h1", state.hidden), ("c1", state.cell)]
      }
    case "gru":
      GoldenTrial(configuration.gru, self).differentiated(self) { [("h1", $0.layer($0.input!, $0.h0))] }
    default:
      GoldenTrial(configuration.rnn, self).differentiated(self) { [("h1", $0.layer($0.input!, $0.h0))] }
    }
  }
}
