import RecurrentKernels

/// A learning rate that falls along half a cosine wave (Loshchilov and Hutter, "SGDR", 2017, equation 5, one
/// period).
///
/// `rate(s) = minimum + (base - minimum) * (1 + cos(pi * s / stepCount)) / 2`. After ``stepCount`` steps it
/// rises again, as PyTorch's does. PyTorch's counterpart: `CosineAnnealingLR(T_max, eta_min)`.
public struct CosineSchedule: Schedule {
  /// The rate of step 0.
  public var learningRate: Double
  /// The step that has the minimum.
  public var stepCount: Int
  /// The lowest rate.
  public var minimum: Double

  /// A wave from `learningRate` down to `minimum` in `stepCount` steps.
  ///
  /// - Precondition: `stepCount` is at least 1.
  public init(learningRate: Double, stepCount: Int, minimum: Double = 0) {
    precondition(stepCount > 0, "CosineSchedule: stepCount is \(stepCount), expected at least 1")
    self.learningRate = learningRate
    self.stepCount = stepCount
    self.minimum = minimum
  }

  /// The learning rate to use in step `step`, the first being 0.
  public func learningRate(atStep step: Int) -> Double {
    // The wave has a period of 2 * stepCount: reducing the step keeps cos in its accurate range.
    let angle = Double.pi * Double(step % (2 * stepCount)) / Double(stepCount)
    return minimum + (learningRate - minimum) * (1 + Kernels.cos(angle)) / 2
  }
}
