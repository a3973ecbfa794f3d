import RecurrentTraining
import Testing

/// The values that the formulas give at a few steps; equality with PyTorch over many is tested against its
/// goldens.
@Suite struct ScheduleTests {
  @Test func constantIsSmallerForTheFirstSteps() {
    let schedule = ConstantSchedule(learningRate: 0.2, factor: 0.5, stepCount: 3)
    #expect((0..<5).map(schedule.learningRate) == [0.1, 0.1, 0.1, 0.2, 0.2])
    #expect(ConstantSchedule(learningRate: 0.2).learningRate(atStep: 0) == 0.2)
  }

  @Test func stepFallsEveryInterval() {
    let schedule = StepSchedule(learningRate: 1, interval: 2, gamma: 0.5)
    #expect((0..<6).map(schedule.learningRate) == [1, 1, 0.5, 0.5, 0.25, 0.25])
  }

  @Test func exponentialFallsEveryStep() {
    let schedule = ExponentialSchedule(learningRate: 2, gamma: 0.5)
    #expect((0..<4).map(schedule.learningRate) == [2, 1, 0.5, 0.25])
  }

  /// Repeated multiplication drifts by a rounding error each time; the power by squaring does not.
  @Test func exponentialStaysAccurateOverManySteps() {
    // The float64 nearest to 0.999, to the power of 100000, in 60-digit arithmetic.
    let expected = 3.5385276883431275e-44
    let rate = ExponentialSchedule(learningRate: 1, gamma: 0.999).learningRate(atStep: 100_000)
    #expect(abs(rate - expected) <= expected.ulp)
  }

  @Test func cosineGoesDownAndUpAgain() {
    let schedule = CosineSchedule(learningRate: 1, stepCount: 10, minimum: 0.5)
    #expect(schedule.learningRate(atStep: 0) == 1)
    #expect(abs(schedule.learningRate(atStep: 5) - 0.75) < 1e-15)
    #expect(abs(schedule.learningRate(atStep: 10) - 0.5) < 1e-15)
    #expect(schedule.learningRate(atStep: 20) == 1)
  }

  @Test func linearWarmsUpAndStays() {
    let schedule = LinearSchedule(learningRate: 8, startFactor: 0.5, stepCount: 4)
    #expect((0..<7).map(schedule.learningRate) == [4, 5, 6, 7, 8, 8, 8])
  }

  @Test func oneCycleBeginsPeaksAndEndsWhereItSays() {
    for curve in OneCycleSchedule.Curve.allCases {
      let schedule = OneCycleSchedule(peak: 1, stepCount: 20, riseFraction: 0.3, curve: curve)
      #expect(abs(schedule.learningRate(atStep: 0) - 0.04) < 1e-15)
      #expect(schedule.learningRate(atStep: 5) == 1)
      #expect(abs(schedule.learningRate(atStep: 19) - 4e-6) < 1e-15)
      #expect(schedule.learningRate(atStep: 25) == schedule.learningRate(atStep: 19))
    }
  }

  @Test(arguments: [0.0, 0.01, 0.3, 0.5, 0.9, 1.0], [false, true])
  func oneCycleIsFiniteForEveryShape(riseFraction: Double, threePhase: Bool) {
    for stepCount in [1, 2, 3, 10] {
      let schedule = OneCycleSchedule(
        peak: 1, stepCount: stepCount, riseFraction: riseFraction, threePhase: threePhase)
      for step in 0..<stepCount + 2 {
        let rate = schedule.learningRate(atStep: step)
        #expect(rate >= 0 && rate <= 1, "step \(step) of \(stepCount)")
      }
    }
  }
}
