/// A rule for the learning rate of each step: a value without state, so that a resumed run needs only its step.
///
/// Steps are counted from 0. Each schedule equals PyTorch's of the same kind (`torch.optim.lr_scheduler`)
/// after as many calls of its `step()`: PyTorch multiplies the rate of the step before, this computes it from
/// the step alone, so the two differ by a few units in the last place of a float64.
///
/// ```swift
/// let schedule = CosineSchedule(learningRate: 2e-3, stepCount: 1000)
/// optimizer.learningRate = schedule.learningRate(atStep: step)
/// ```
public protocol Schedule: Sendable, Equatable {
  /// The learning rate to use in step `step`, the first being 0.
  func learningRate(atStep step: Int) -> Double
}
