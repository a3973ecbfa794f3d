import Recurrent
import RecurrentTestSupport
import Testing

/// The learning rates of thirty steps against torch.optim.lr_scheduler's; see Tests/Fixtures/make_training_goldens.py.
@Suite struct ScheduleGoldenTests {
  /// PyTorch multiplies its last rate on from step to step, which adds a rounding error each time: 30 of 1e-16.
  private static let repeatedRounding = Tolerance(float32: 1e-14, float64: 1e-14)

  @Test func everyRateEqualsPyTorchs() throws {
    for golden in try Golden<ScheduleConfiguration>.load("Training/schedules") {
      let schedule = try #require(golden.configuration.schedule, "\(golden.name)")
      let rates = (0..<30).map { schedule.learningRate(atStep: $0) }
      golden.expectClose(Tensor(rates, shape: [30]), to: "rates", within: Self.repeatedRounding)
    }
  }
}

/// The arguments of PyTorch's schedulers, under their own names.
struct ScheduleConfiguration: Decodable, Sendable {
  var kind: String
  var learningRate: Double
  var factor: Double?
  var totalIters: Int?
  var stepSize: Int?
  var gamma: Double?
  var periodSteps: Int?
  var minimum: Double?
  var startFactor: Double?
  var endFactor: Double?
  var peak: Double?
  var totalSteps: Int?
  var riseFraction: Double?
  var curve: String?
  var divisor: Double?
  var finalDivisor: Double?
  var threePhase: Bool?

  enum CodingKeys: String, CodingKey {
    case kind, learningRate, factor, gamma
    case totalIters = "total_iters"
    case stepSize = "step_size"
    case periodSteps = "T_max"
    case minimum = "eta_min"
    case startFactor = "start_factor"
    case endFactor = "end_factor"
    case peak = "max_lr"
    case totalSteps = "total_steps"
    case riseFraction = "pct_start"
    case curve = "anneal_strategy"
    case divisor = "div_factor"
    case finalDivisor = "final_div_factor"
    case threePhase = "three_phase"
  }

  /// The same schedule of this library, with PyTorch's defaults for what is not given.
  var schedule: (any Schedule)? {
    switch kind {
    case "ConstantLR":
      ConstantSchedule(learningRate: learningRate, factor: factor ?? 1 / 3, stepCount: totalIters ?? 5)
    case "StepLR": StepSchedule(learningRate: learningRate, interval: stepSize ?? 1, gamma: gamma ?? 0.1)
    case "ExponentialLR": ExponentialSchedule(learningRate: learningRate, gamma: gamma ?? 1)
    case "CosineAnnealingLR":
      CosineSchedule(learningRate: learningRate, stepCount: periodSteps ?? 1, minimum: minimum ?? 0)
    case "LinearLR":
      LinearSchedule(
        learningRate: learningRate, startFactor: startFactor ?? 1 / 3, endFactor: endFactor ?? 1,
        stepCount: totalIters ?? 5)
    case "OneCycleLR": oneCycle
    default: nil
    }
  }

  private var oneCycle: OneCycleSchedule {
    OneCycleSchedule(
      peak: peak ?? learningRate, stepCount: totalSteps ?? 1, riseFraction: riseFraction ?? 0.3,
      curve: curve == "linear" ? .linear : .cosine, divisor: divisor ?? 25, finalDivisor: finalDivisor ?? 1e4,
      threePhase: threePhase ?? false)
  }
}
