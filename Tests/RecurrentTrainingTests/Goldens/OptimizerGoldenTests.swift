import Recurrent
import RecurrentTestSupport
import Testing

/// Ten steps of each optimizer against PyTorch's; see Tests/Fixtures/make_training_goldens.py.
@Suite struct OptimizerGoldenTests {
  @Test func everyStepEqualsPyTorchs() throws {
    for golden in try Golden<OptimizerConfiguration>.load("Training/optimizers") {
      let (weight, bias) = (try #require(golden["weight"]), try #require(golden["bias"]))
      let configuration = golden.configuration
      switch configuration.kind {
      case "SGD": golden.expectTrajectory(configuration.sgd, Linear(weight: weight, bias: bias))
      case "Adam": golden.expectTrajectory(configuration.adam, Linear(weight: weight, bias: bias))
      default: golden.expectTrajectory(configuration.adamW, Linear(weight: weight, bias: bias))
      }
    }
  }

  @Test func clippingEqualsPyTorchs() throws {
    for golden in try Golden<ClippingConfiguration>.load("Training/clipping") {
      let names = ["weight", "bias"]
      let gradients = Gradients(names.compactMap { name in golden["grad.\(name)"].map { (name, $0) } })
      let (clipped, norm) = gradients.clipped(toNorm: golden.configuration.maxNorm)
      let dtype = try #require(golden["norm"]).dtype
      golden.expectClose(Tensor(scalar: norm, dtype: dtype), to: "norm", within: .trajectories)
      for name in names { golden.expectClose(clipped[name], to: "clipped.\(name)", within: .trajectories) }
    }
  }
}

extension Golden<OptimizerConfiguration> {
  fileprivate func expectTrajectory(_ start: some Optimizer, _ initial: Linear) {
    var (optimizer, model) = (start, initial)
    for step in 1...10 {
      let entries = model.parameters.names.compactMap { name in
        self["step\(step).grad.\(name)"].map { (name, $0) }
      }
      optimizer.update(&model, along: Gradients(entries))
      for (name, parameter) in model.parameters {
        expectClose(parameter, to: "step\(step).\(name)", within: .trajectories)
      }
    }
  }
}

struct ClippingConfiguration: Decodable, Sendable {
  var seed: UInt64
  var maxNorm: Double
}

struct OptimizerConfiguration: Decodable, Sendable {
  var kind: String
  var seed: UInt64
  var dtype: String
  var learningRate: Double
  var momentum: Double?
  var dampening: Double?
  var nesterov: Bool?
  var weightDecay: Double?
  var betas: [Double]?
  var epsilon: Double?

  var sgd: SGD {
    SGD(
      learningRate: learningRate, momentum: momentum ?? 0, dampening: dampening ?? 0,
      weightDecay: weightDecay ?? 0, nesterov: nesterov ?? false)
  }

  var adam: Adam {
    Adam(
      learningRate: learningRate, beta1: betas?[0] ?? 0.9, beta2: betas?[1] ?? 0.999,
      epsilon: epsilon ?? 1e-8, weightDecay: weightDecay ?? 0)
  }

  var adamW: AdamW {
    AdamW(
      learningRate: learningRate, beta1: betas?[0] ?? 0.9, beta2: betas?[1] ?? 0.999,
      epsilon: epsilon ?? 1e-8, weightDecay: weightDecay ?? 0.01)
  }
}
