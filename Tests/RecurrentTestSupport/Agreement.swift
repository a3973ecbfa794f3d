public import Recurrent
public import Testing

/// How far a result may be from PyTorch's, as a share of the largest expected element.
///
/// Two correct float implementations add in different orders: their results differ by a few roundings per sum, and
/// gradients by more, for they pass through every step twice. The bounds leave two to three digits above that in float32;
/// a wrong formula errs by far more.
public struct Tolerance: Sendable {
  public var float32: Double
  public var float64: Double

  public init(float32: Double, float64: Double) {
    self.float32 = float32
    self.float64 = float64
  }

  /// Of outputs and final states.
  public static let results = Tolerance(float32: 1e-5, float64: 1e-12)
  /// Of gradients.
  public static let gradients = Tolerance(float32: 1e-4, float64: 1e-10)

  public subscript(dtype: DType) -> Double { dtype == .float64 ? float64 : float32 }
}

extension Golden {
  /// Checks that `found` has the shape and dtype of the golden tensor `name`, and its values within `tolerance`.
  ///
  /// Reports the first element that is out of bounds.
  public func expectClose(
    _ found: Tensor?, to name: String, within tolerance: Tolerance,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    guard let (found, expected) = checked(found, name, sourceLocation) else { return }
    let (ours, theirs) = (found.doubles, expected.doubles)
    let scale = theirs.largestMagnitude
    let bound = tolerance[expected.dtype] * scale
    guard let index = ours.indices.first(where: { !(abs(ours[$0] - theirs[$0]) <= bound) }) else { return }
    let ulps = abs(ours[index] - theirs[index]) / (expected.dtype.ulpOfOne * abs(theirs[index]))
    fail(
      name,
      """
      \(expected.shape) element \(index) is \(ours[index]), PyTorch's \(theirs[index]): \(ulps) ULP; \
      largest element \(scale), tolerance \(tolerance[expected.dtype]) of it
      """, sourceLocation)
  }

  /// Checks that `found` has the bits of the golden tensor `name`.
  public func expectSameBits(
    _ found: Tensor?, as name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    guard let (found, expected) = checked(found, name, sourceLocation), !found.isBitwiseEqual(to: expected)
    else { return }
    let (ours, theirs) = (found.bits, expected.bits)
    let index = ours.indices.first { ours[$0] != theirs[$0] } ?? 0
    let (a, b) = (found.doubles[index], expected.doubles[index])
    fail(name, "\(expected.shape) element \(index) is \(a), PyTorch's \(b): other bits", sourceLocation)
  }

  /// The two tensors, if both are there and of one shape and dtype.
  private func checked(
    _ found: Tensor?, _ name: String, _ sourceLocation: SourceLocation
  ) -> (found: Tensor, expected: Tensor)? {
    guard let expected = self[name] else {
      fail(name, "is not in the file", sourceLocation)
      return nil
    }
    if let found, found.shape == expected.shape, found.dtype == expected.dtype { return (found, expected) }
    let description = found.map { "\($0.dtype) \($0.shape)" } ?? "missing"
    fail(name, "is \(description), PyTorch's \(expected.dtype) \(expected.shape)", sourceLocation)
    return nil
  }

  private func fail(_ tensor: String, _ message: String, _ sourceLocation: SourceLocation) {
    Issue.record("\(name) \(configuration): \(tensor) \(message)", sourceLocation: sourceLocation)
  }
}

extension Tensor {
  fileprivate var bits: [UInt64] {
    switch dtype {
    case .float32: scalars(as: Float.self).map { UInt64($0.bitPattern) }
    case .float64: scalars(as: Double.self).map(\.bitPattern)
    case .int64: scalars(as: Int64.self).map(UInt64.init(bitPattern:))
    }
  }
}

extension DType {
  fileprivate var ulpOfOne: Double { self == .float64 ? .ulpOfOne : Double(Float.ulpOfOne) }
}

extension [Double] {
  var largestMagnitude: Double { reduce(0) { Swift.max($0, abs($1)) } }
}
