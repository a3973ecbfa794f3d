import Recurrent
import RecurrentTestSupport
import Testing

/// Losses and their gradients against PyTorch's; see Tests/Fixtures/make_training_goldens.py.
@Suite struct LossGoldenTests {
  private static func cases(_ kind: String) throws -> [Golden<LossConfiguration>] {
    try Golden<LossConfiguration>.load("Training/losses").filter { $0.configuration.kind == kind }
  }

  @Test func crossEntropyEqualsPyTorchs() throws {
    var errors = ErrorComparison("cross entropy", floor: .gradients)
    for golden in try Self.cases("crossEntropy") {
      let targets = try #require(golden["targets"])
      let configuration = golden.configuration
      let found = golden.differentiated(["logits"]) { inputs in
        crossEntropy(
          inputs[0].movingAxisToEnd(configuration.classAxis ?? 0), targets,
          ignoreIndex: configuration.ignoreIndex ?? -100, labelSmoothing: configuration.labelSmoothing ?? 0)
      }
      golden.expectLoss(found, gradients: ["grad.logits"], errors: &errors)
    }
    errors.expectNoWorse()
  }

  @Test func meanSquaredErrorEqualsPyTorchs() throws {
    var errors = ErrorComparison("mean squared error", floor: .gradients)
    for golden in try Self.cases("meanSquaredError") {
      let found = golden.differentiated(["input", "target"]) { meanSquaredError($0[0], $0[1]) }
      golden.expectLoss(found, gradients: ["grad.input", "grad.target"], errors: &errors)
    }
    errors.expectNoWorse()
  }
}

struct LossConfiguration: Decodable, Sendable {
  var kind: String
  var seed: UInt64
  var dtype: String
  var classAxis: Int?
  var ignoreIndex: Int?
  var labelSmoothing: Double?
}

extension Golden<LossConfiguration> {
  /// The loss of the tensors called `names`, and its gradients.
  fileprivate func differentiated(
    _ names: [String], _ loss: @escaping ([Tensor]) -> Tensor
  ) -> [String: Tensor] {
    let (value, gradients) = valueAndGradients(at: names.compactMap { self[$0] }, of: loss)
    var found = ["loss": value]
    for (name, gradient) in zip(names, gradients) { found["grad.\(name)"] = gradient }
    return found
  }

  fileprivate func expectLoss(
    _ found: [String: Tensor], gradients: [String], errors: inout ErrorComparison
  ) {
    expectClose(found["loss"], to: "loss", within: .results)
    for name in gradients { expectClose(found[name], to: name, within: .gradients) }
    if configuration.dtype == "float32" { errors.add(found, ["loss"] + gradients, of: self) }
  }
}

extension Tensor {
  /// PyTorch has the classes on axis 1 of a batch, this library on the last one.
  fileprivate func movingAxisToEnd(_ axis: Int) -> Tensor {
    permuted((0..<rank).filter { $0 != axis } + [axis])
  }
}
