/// A learning rate that moves in a straight line over its first steps: the usual warm-up.
///
/// `rate(s) = base * (start + (end - start) * min(s, stepCount) / stepCount)`.
/// PyTorch's counterpart: `LinearLR(start_factor, end_factor, total_iters)`.
public struct LinearSchedule: Schedule {
  /// The rate that the factors multiply.
  public var learningRate: Double
  /// The factor of step 0, above 0.
  public var startFactor: Double
  /// The factor from step ``stepCount`` on.
  public var endFactor: Double
  /// How many steps the line takes.
  public var stepCount: Int

  /// A line from `startFactor` to `endFactor` times `learningRate`.
  ///
  /// - Precondition: `startFactor` is above 0 and at most 1, `endFactor` from 0 to 1, `stepCount` at least 1.
  public init(learningRate: Double, startFactor: Double = 1.0 / 3, endFactor: Double = 1, stepCount: Int) {
    precondition(
      startFactor > 0 && startFactor <= 1,
      "LinearSchedule: startFactor is \(startFactor), expected above 0 and at most 1")
    precondition(
      (0...1).contains(endFactor), "LinearSchedule: endFactor is \(endFactor), expected 0 to 1")
    precondition(stepCount > 0, "LinearSchedule: stepCount is \(stepCount), expected at least 1")
    self.learningRate = learningRate
    self.startFactor = startFactor
    self.endFactor = endFactor
    self.stepCount = stepCount
  }

  /// The learning rate to use in step `step`, the first being 0.
  public func learningRate(atStep step: Int) -> Double {
    let progress = Double(min(step, stepCount))
    return learningRate * (startFactor + (endFactor - startFactor) * progress / Double(stepCount))
  }
}
