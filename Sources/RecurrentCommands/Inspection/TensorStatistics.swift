import Recurrent

/// What the numbers of a tensor are like; NaN is counted and left out.
struct TensorStatistics {
  private(set) var minimum = Double.infinity
  private(set) var maximum = -Double.infinity
  private(set) var mean = 0.0
  /// The square root of the mean squared distance from the mean.
  private(set) var deviation = 0.0
  private(set) var nanCount = 0
  private(set) var count = 0

  init(_ tensor: Tensor) {
    let scalars = tensor.asType(.float64).scalars(as: Double.self)
    // Welford's recurrence: M_k = M_(k-1) + (x - mean_(k-1)) (x - mean_k).
    var squares = 0.0
    for scalar in scalars {
      guard !scalar.isNaN else {
        nanCount += 1
        continue
      }
      count += 1
      minimum = Swift.min(minimum, scalar)
      maximum = Swift.max(maximum, scalar)
      let distance = scalar - mean
      mean += distance / Double(count)
      squares += distance * (scalar - mean)
    }
    deviation = count > 0 ? (squares / Double(count)).squareRoot() : 0
  }

  /// Minimum, maximum, mean, deviation and the count of NaN, as cells of a table.
  var cells: [String] {
    let numbers = count == 0 ? ["-", "-", "-", "-"] : [minimum, maximum, mean, deviation].map(Self.short)
    return numbers + [nanCount == 0 ? "-" : nanCount.grouped]
  }

  private static func short(_ number: Double) -> String {
    if !number.isFinite { return "\(number)" }
    if number == number.rounded() && abs(number) < 1e6 { return number.fixed(0) }
    return abs(number) >= 1e-3 && abs(number) < 1e5 ? number.fixed(4) : number.scientific(2)
  }
}
