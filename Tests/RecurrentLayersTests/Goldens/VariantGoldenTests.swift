import Recurrent
import RecurrentTestSupport
import Testing

/// What PyTorch's layers do not have, against ONNX Runtime and against PyTorch operation by operation; see
/// Tests/Fixtures/make_variant_goldens.py.
@Suite struct VariantGoldenTests {
  static let goldens = Result { try Golden<VariantConfiguration>.load("Layers/variants") }

  @Test func everyVariantIsThere() throws {
    let all = try Self.goldens.get().map(\.configuration)
    #expect(all.count >= 60)
    #expect(Set(all.filter { $0.kind == "rnn" }.flatMap { $0.activations ?? [] }).count == 11)
    #expect(all.contains { $0.peepholes && $0.coupled && $0.clip != nil })
  }

  @Test func resultsAndGradientsEqualPyTorchs() throws {
    for golden in try Self.goldens.get() { golden.expectResults(try golden.run()) }
  }

  @Test func resultsEqualONNXRuntimes() throws {
    for golden in try Self.goldens.get() where golden["onnx.output"] != nil {
      let narrow = golden.tensors.map { name, tensor in
        (name: name, tensor: tensor.dtype == .float64 ? tensor.asType(.float32) : tensor)
      }
      let found = try Golden(
        name: golden.name, configuration: golden.configuration, tensors: NamedTensors(narrow)
      ).run()
      for name in ["output", "h_n", "c_n"] where golden["onnx.\(name)"] != nil {
        golden.expectClose(found[name], to: "onnx.\(name)", within: .results)
      }
    }
  }
}

struct VariantConfiguration: GoldenConfiguration {
  var kind: String
  var seed: UInt64
  var dtype: String
  var activations: [String]?
  var numbers: [[Double]]
  var clip: Double?
  var peepholes: Bool
  var coupled: Bool
  var resetBefore: Bool

  var variant: CellVariant {
    let functions = activations.map { names in zip(names, numbers).compactMap(Activation.init(name:numbers:))
    }
    return CellVariant(
      activations: functions, clip: clip, couplesInputAndForget: coupled, resetsBeforeProduct: resetBefore)
  }
}

extension Golden<VariantConfiguration> {
  func run() throws -> [String: Tensor] {
    let lengths = self["lengths"]?.scalars(as: Int64.self).map { Int($0) }
    let variant = configuration.variant
    switch configuration.kind {
    case "lstm":
      let lstm = try LSTM(from: tensors, prefix: "", variant: variant)
      return GoldenTrial(lstm, self).differentiated(self) { trial in
        let (output, state) = trial.layer(trial.input!, initialState: trial.lstmState, lengths: lengths)
        return [("output", output), ("h_n", state.hidden), ("c_n", state.cell)]
      }
    case "gru":
      let gru = try GRU(from: tensors, prefix: "", variant: variant)
      return GoldenTrial(gru, self).differentiated(self) { trial in
        let (output, hidden) = trial.layer(trial.input!, initialState: trial.h0, lengths: lengths)
        return [("output", output), ("h_n", hidden)]
      }
    default:
      let rnn = try RNN(
        from: tensors, prefix: "", nonlinearity: variant.activations?[0] ?? .tanh, clip: variant.clip)
      return GoldenTrial(rnn, self).differentiated(self) { trial in
        let (output, hidden) = trial.layer(trial.input!, initialState: trial.h0, lengths: lengths)
        return [("output", output), ("h_n", hidden)]
      }
    }
  }
}

extension Activation {
  fileprivate init?(name: String, numbers: [Double]) {
    switch name {
    case "tanh": self = .tanh
    case "sigmoid": self = .sigmoid
    case "relu": self = .relu
    case "affine": self = .affine(alpha: numbers[0], beta: numbers[1])
    case "leakyRelu": self = .leakyRelu(alpha: numbers[0])
    case "thresholdedRelu": self = .thresholdedRelu(alpha: numbers[0])
    case "scaledTanh": self = .scaledTanh(alpha: numbers[0], beta: numbers[1])
    case "hardSigmoid": self = .hardSigmoid(alpha: numbers[0], beta: numbers[1])
    case "elu": self = .elu(alpha: numbers[0])
    case "softsign": self = .softsign
    case "softplus": self = .softplus
    default: return nil
    }
  }
}
