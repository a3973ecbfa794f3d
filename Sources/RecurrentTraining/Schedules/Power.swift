/// `base` to the power of a whole `exponent`, by squaring, without the platform's mathematics library.
///
/// Each product carries its rounding error along (a product `p = a * b` is short of the true one by exactly
/// `fma(a, b, -p)`), so the relative error stays below 2^-52 for every exponent up to 2^40; plain squaring
/// would lose about log2(exponent) bits. That is as close as the `pow` that PyTorch calls.
///
/// - Complexity: O(log exponent).
func power(_ base: Double, _ exponent: Int) -> Double {
  precondition(exponent >= 0, "power: exponent is \(exponent), expected at least 0")
  var result = DoubledProduct(high: 1)
  var square = DoubledProduct(high: base)
  var bits = exponent
  while bits > 0 {
    if bits & 1 == 1 { result = result * square }
    square = square * square
    bits >>= 1
  }
  return result.high + result.low
}

/// A number held as the sum of a float64 and what its rounding left out.
private struct DoubledProduct {
  var high: Double
  var low = 0.0

  static func * (a: DoubledProduct, b: DoubledProduct) -> DoubledProduct {
    let product = a.high * b.high
    guard product.isFinite else { return DoubledProduct(high: product) }
    let error = (-product).addingProduct(a.high, b.high)
    let low = (a.high * b.low + a.low * b.high) + error
    let high = product + low
    return DoubledProduct(high: high, low: (product - high) + low)
  }
}
