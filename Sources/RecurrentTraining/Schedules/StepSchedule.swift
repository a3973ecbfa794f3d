/// A learning rate that falls by a factor every so many steps.
///
/// `rate(s) = base * gamma^floor(s / interval)`. PyTorch's counterpart: `StepLR(step_size, gamma)`.
public struct StepSchedule: Schedule {
  /// The rate of step 0.
  public var learningRate: Double
  /// The number of steps between two falls.
  public var interval: Int
  /// What the rate is multiplied by at each fall.
  public var gamma: Double

  /// A fall by `gamma` every `interval` steps.
  ///
  /// - Precondition: `interval` is at least 1.
  public init(learningRate: Double, interval: Int, gamma: Double = 0.1) {
    precondition(interval > 0, "StepSchedule: interval is \(interval), expected at least 1")
    self.learningRate = learningRate
    self.interval = interval
    self.gamma = gamma
  }

  /// The learning rate to use in step `step`, the first being 0.
  public func learningRate(atStep step: Int) -> Double {
    learningRate * power(gamma, step / interval)
  }
}
