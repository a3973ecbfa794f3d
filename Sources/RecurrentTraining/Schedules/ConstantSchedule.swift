/// The same learning rate always, or a smaller one for the first steps.
///
/// `rate(s) = base * factor` for `s < stepCount`, then `base`. PyTorch's counterpart: `ConstantLR(factor,
/// total_iters)`.
public struct ConstantSchedule: Schedule {
  /// The rate after the first ``stepCount`` steps.
  public var learningRate: Double
  /// What the rate is multiplied by in the first ``stepCount`` steps, from 0 to 1.
  public var factor: Double
  /// How many steps have the smaller rate.
  public var stepCount: Int

  /// `learningRate` always, after `stepCount` steps at `factor` times as much.
  ///
  /// - Precondition: `factor` is from 0 to 1, `stepCount` is at least 0.
  public init(learningRate: Double, factor: Double = 1, stepCount: Int = 0) {
    precondition((0...1).contains(factor), "ConstantSchedule: factor is \(factor), expected 0 to 1")
    precondition(stepCount >= 0, "ConstantSchedule: stepCount is \(stepCount), expected at least 0")
    self.learningRate = learningRate
    self.factor = factor
    self.stepCount = stepCount
  }

  /// The learning rate to use in step `step`, the first being 0.
  public func learningRate(atStep step: Int) -> Double {
    step < stepCount ? learningRate * factor : learningRate
  }
}
