import RecurrentTestSupport

extension Tolerance {
  /// Of parameters after ten optimizer steps, and of clipped gradients: a few roundings per step, nothing cancels.
  static let trajectories = Tolerance(float32: 1e-6, float64: 1e-14)
}
