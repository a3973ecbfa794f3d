public import Recurrent
public import Testing

/// Checks the gradients of a function against differences of its values, in float64.
///
/// The function may return any shape: its elements are summed with fixed weights, so that errors do not cancel. The
/// stencil of fourth order with step h = 1e-3 errs by about h^4 f'''''/30 + 1e-16/h, some 1e-12 for smooth functions of
/// size 1: `tolerance`, times the gradient's scale, leaves room above that. Keep kinks (relu) 2h away.
///
/// ```swift
/// expectGradientsMatchCentralDifferences(at: [Tensor(testValues: [2, 3])]) { tanh($0[0]) }
/// ```
public func expectGradientsMatchCentralDifferences(
  at inputs: [Tensor], tolerance: Double = 1e-9, _ name: String = "",
  sourceLocation: SourceLocation = #_sourceLocation, of body: ([Tensor]) -> Tensor
) {
  let weights = Tensor(testValues: body(inputs).shape, seed: 97)
  let loss = { (inputs: [Tensor]) in (body(inputs) * weights).sum() }
  let (_, gradients) = valueAndGradients(at: inputs, of: loss)
  for (index, input) in inputs.enumerated() {
    let found = gradients[index].scalars(as: Double.self)
    let expected = differences(of: loss, at: inputs, index)
    let scale = expected.reduce(1) { max($0, abs($1)) }
    let worst = found.indices.max { abs(found[$0] - expected[$0]) < abs(found[$1] - expected[$1]) }
    guard let worst, !(abs(found[worst] - expected[worst]) <= tolerance * scale) else { continue }
    Issue.record(
      """
      \(name) gradient of input \(index) \(input.shape), element \(worst): \(found[worst]), \
      differences give \(expected[worst]), scale \(scale)
      """, sourceLocation: sourceLocation)
  }
}

private func differences(of loss: ([Tensor]) -> Tensor, at inputs: [Tensor], _ index: Int) -> [Double] {
  let base = inputs[index].scalars(as: Double.self)
  let h = 1e-3
  return base.indices.map { place in
    func value(_ shift: Double) -> Double {
      var scalars = base
      scalars[place] += shift
      var moved = inputs
      moved[index] = Tensor(scalars, shape: inputs[index].shape)
      return loss(moved).item()
    }
    return (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
  }
}

extension Tensor {
  /// Reproducible numbers of float64 in `range`, without any generator of the library.
  public init(testValues shape: Shape, in range: ClosedRange<Double> = -1...1, seed: UInt64 = 1) {
    var state = seed
    let scalars = (0..<shape.reduce(1, *)).map { _ in
      // SplitMix64 (Steele, Lea and Flood, 2014).
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
      z ^= z >> 31
      return range.lowerBound + Double(z >> 11) * 0x1p-53 * (range.upperBound - range.lowerBound)
    }
    self.init(scalars, shape: shape)
  }
}
