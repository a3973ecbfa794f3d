/// A learning rate that falls by a factor every step.
///
/// `rate(s) = base * gamma^s`. PyTorch's counterpart: `ExponentialLR(gamma)`.
public struct ExponentialSchedule: Schedule {
  /// The rate of step 0.
  public var learningRate: Double
  /// What the rate is multiplied by from each step to the next.
  public var gamma: Double

  /// A fall by `gamma` every step.
  public init(learningRate: Double, gamma: Double) {
    self.learningRate = learningRate
    self.gamma = gamma
  }

  /// The learning rate to use in step `step`, the first being 0.
  public func learningRate(atStep step: Int) -> Double { learningRate * power(gamma, step) }
}
