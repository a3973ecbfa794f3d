import RecurrentKernels

/// A learning rate that rises to a peak and then falls far below its start, in one cycle over the whole run
/// (Smith and Topin, "Super-Convergence", 2018).
///
/// The rate goes from `peak / divisor` to `peak` until step `riseFraction * stepCount - 1`, then to `peak /
/// divisor / finalDivisor` at step `stepCount - 1`, each way along half a cosine wave or a line. With three
/// phases it first falls back to `peak / divisor`, in as many steps as it rose, and then on to the end.
/// PyTorch's counterpart: `OneCycleLR(max_lr, total_steps, pct_start, anneal_strategy, div_factor,
/// final_div_factor, three_phase)` with `cycle_momentum=False`. Past the end, where PyTorch fails, the last
/// rate stays.
public struct OneCycleSchedule: Schedule {
  /// The shape of the way up and of the way down.
  public enum Curve: String, Sendable, CaseIterable {
    /// Half a cosine wave.
    case cosine
    /// A straight line.
    case linear
  }

  /// The highest rate.
  public var peak: Double
  /// The number of steps of the cycle.
  public var stepCount: Int
  /// The part of the cycle in which the rate rises, from 0 to 1.
  public var riseFraction: Double
  /// The shape of both ways.
  public var curve: Curve
  /// The peak over the rate of step 0.
  public var divisor: Double
  /// The rate of step 0 over the rate of the last step.
  public var finalDivisor: Double
  /// Whether the way down first mirrors the way up.
  public var threePhase: Bool

  /// One cycle of `stepCount` steps with the given peak; the defaults are PyTorch's.
  ///
  /// - Precondition: `stepCount` is at least 1, `riseFraction` is from 0 to 1.
  public init(
    peak: Double, stepCount: Int, riseFraction: Double = 0.3, curve: Curve = .cosine, divisor: Double = 25,
    finalDivisor: Double = 1e4, threePhase: Bool = false
  ) {
    precondition(stepCount > 0, "OneCycleSchedule: stepCount is \(stepCount), expected at least 1")
    precondition(
      (0...1).contains(riseFraction), "OneCycleSchedule: riseFraction is \(riseFraction), expected 0 to 1")
    self.peak = peak
    self.stepCount = stepCount
    self.riseFraction = riseFraction
    self.curve = curve
    self.divisor = divisor
    self.finalDivisor = finalDivisor
    self.threePhase = threePhase
  }

  /// The learning rate to use in step `step`, the first being 0.
  public func learningRate(atStep step: Int) -> Double {
    let position = Double(min(step, stepCount - 1))
    var begin = 0.0
    for (from, to, end) in phases {
      if position <= end {
        return value(from: from, to: to, at: end > begin ? (position - begin) / (end - begin) : 1)
      }
      begin = end
    }
    return peak / divisor / finalDivisor
  }

  /// The rates that each phase goes from and to, and the step it ends at: a fraction, as in PyTorch.
  private var phases: [(from: Double, to: Double, end: Double)] {
    let start = peak / divisor
    let last = Double(stepCount - 1)
    let top = riseFraction * Double(stepCount) - 1
    let rise = (start, peak, top)
    guard threePhase else { return [rise, (peak, start / finalDivisor, last)] }
    let bottom = 2 * riseFraction * Double(stepCount) - 2
    return [rise, (peak, start, bottom), (start, start / finalDivisor, last)]
  }

  private func value(from start: Double, to end: Double, at part: Double) -> Double {
    switch curve {
    case .cosine: end + (start - end) / 2 * (Kernels.cos(Double.pi * part) + 1)
    case .linear: (end - start) * part + start
    }
  }
}
