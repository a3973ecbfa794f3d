public import Recurrent
public import Testing

/// Expects two tensors to be the same bits; a failure names the first element that differs.
public func expectSameBits(
  _ found: Tensor, _ expected: Tensor, _ name: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard expectSameKind(found, expected, name, sourceLocation) else { return }
  if found.isBitwiseEqual(to: expected) { return }
  let (a, b) = (found.doubles, expected.doubles)
  let place = a.indices.first { a[$0].bitPattern != b[$0].bitPattern } ?? 0
  Issue.record(
    "\(name) \(found.shape): element \(place) is \(a[place]), expected the bits of \(b[place])",
    sourceLocation: sourceLocation)
}

/// Expects every element to be within `tolerance`, times the largest expected magnitude (at least 1), of what is expected.
public func expectClose(
  _ found: Tensor, _ expected: Tensor, tolerance: Double, _ name: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard expectSameKind(found, expected, name, sourceLocation) else { return }
  let (a, b) = (found.doubles, expected.doubles)
  let scale = b.reduce(1) { max($0, abs($1)) }
  guard let place = a.indices.first(where: { !(abs(a[$0] - b[$0]) <= tolerance * scale) }) else { return }
  Issue.record(
    "\(name) \(found.shape): element \(place) is \(a[place]), expected \(b[place]) within \(tolerance * scale)",
    sourceLocation: sourceLocation)
}

private func expectSameKind(
  _ found: Tensor, _ expected: Tensor, _ name: String, _ sourceLocation: SourceLocation
) -> Bool {
  if found.shape == expected.shape && found.dtype == expected.dtype { return true }
  Issue.record(
    "\(name): found \(found.dtype) \(found.shape), expected \(expected.dtype) \(expected.shape)",
    sourceLocation: sourceLocation)
  return false
}

extension Tensor {
  /// The elements of a floating-point tensor, widened exactly.
  public var doubles: [Double] {
    dtype == .float64 ? scalars(as: Double.self) : scalars(as: Float.self).map(Double.init)
  }
}
