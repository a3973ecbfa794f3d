// The specification of the arithmetic, version 1, as plain Swift: one element at a time, `addingProduct` for every
// fused multiply-add. Every kernel must equal it by `bitPattern`.

/// A floating-point type with the constants of its activations.
protocol OracleScalar: BinaryFloatingPoint, BitwiseCopyable, Sendable
where RawSignificand: FixedWidthInteger {
  associatedtype Bits: FixedWidthInteger & UnsignedInteger
  var bits: Bits { get }
  init(bits: Bits)
  static var log2e: Self { get }
  static var ln2High: Self { get }
  static var ln2Low: Self { get }
  static var expRange: ClosedRange<Self> { get }
  static var scale: Int { get }
  static var tanhFlat: Self { get }
  static var expCoefficients: [Self] { get }
  static var tanhCoefficients: [Self] { get }
  static var log1pCoefficients: [Self] { get }
}

extension Float: OracleScalar {
  var bits: UInt32 { bitPattern }
  init(bits: UInt32) { self.init(bitPattern: bits) }
  static var log2e: Float { 0x1.715476p0 }
  static var ln2High: Float { 0x1.62e43p-1 }
  static var ln2Low: Float { -0x1.05c61p-29 }
  static var expRange: ClosedRange<Float> { -104.5...89.5 }
  static var scale: Int { 64 }
  static var tanhFlat: Float { 40 }
  static var expCoefficients: [Float] {
    [0x1.fffffcp-2, 0x1.55549p-3, 0x1.5558f4p-5, 0x1.123a6cp-7, 0x1.6a234ep-10]
  }
  static var tanhCoefficients: [Float] {
    [
      -0x1.555548p-2, 0x1.110c72p-3, -0x1.b90934p-5, 0x1.582f1p-6,
      -0x1.94fc84p-8,
    ]
  }
  static var log1pCoefficients: [Float] {
    [0x1.555556p-1, 0x1.9998cep-2, 0x1.24ca56p-2, 0x1.bc6ac4p-3, 0x1.dc3c9p-3]
  }
}

extension Double: OracleScalar {
  var bits: UInt64 { bitPattern }
  init(bits: UInt64) { self.init(bitPattern: bits) }
  static var log2e: Double { 0x1.71547652b82fep0 }
  static var ln2High: Double { 0x1.62e42fefa39efp-1 }
  static var ln2Low: Double { 0x1.abc9e3b39803fp-56 }
  static var expRange: ClosedRange<Double> { -746.5...710.5 }
  static var scale: Int { 512 }
  static var tanhFlat: Double { 80 }
  static var expCoefficients: [Double] {
    [
      0x1.0p-1, 0x1.555555555555cp-3, 0x1.55555555554d5p-5, 0x1.111111110eb61p-7, 0x1.6c16c16c3c239p-10,
      0x1.a01a01b3d3e19p-13, 0x1.a01a010a19e13p-16, 0x1.71ddef5eed314p-19, 0x1.27e601be05304p-22,
      0x1.af6d209dc5428p-26, 0x1.1dd72f8c4f66ep-29,
    ]
  }
  static var tanhCoefficients: [Double] {
    [
      -0x1.5555555555555p-2, 0x1.1111111111079p-3, -0x1.ba1ba1ba106c3p-5, 0x1.664f487f7019fp-6,
      -0x1.226e34caee71dp-7, 0x1.d6d3b02a4b270p-9, -0x1.7da0f69e98974p-10, 0x1.353879e349614p-11,
      -0x1.f342913ff3564p-13, 0x1.88b8c9f89c3a8p-14, -0x1.10e7038412368p-15, 0x1.e37559af9d46bp-18,
    ]
  }
  static var log1pCoefficients: [Double] {
    [
      0x1.5555555555555p-1, 0x1.9999999999940p-2, 0x1.249249249a1fap-2, 0x1.c71c71be9ad09p-3,
      0x1.745d19a301a74p-3, 0x1.3b134f5527662p-3, 0x1.111ae78ef0d26p-3, 0x1.e09eb2d9316e6p-4,
      0x1.bc57998888493p-4, 0x1.325a9fb5ccc61p-4, 0x1.40961a97cd63fp-3,
    ]
  }
}

enum Plain {
  /// Estrin's scheme: neighbours pair up, x is squared, again.
  static func polynomial<S: OracleScalar>(_ coefficients: [S], _ x: S) -> S {
    var (level, x) = (coefficients, x)
    while level.count > 1 {
      let pairs = stride(from: 0, to: level.count, by: 2)
      level = pairs.map { $0 + 1 < level.count ? level[$0].addingProduct(level[$0 + 1], x) : level[$0] }
      x *= x
    }
    return level[0]
  }

  /// exp(x) = value * 2^exponent.
  private static func expScaled<S: OracleScalar>(_ x: S) -> (value: S, exponent: Int) {
    let rounding = S(sign: .plus, exponent: S.Exponent(S.significandBitCount), significand: 1.5)
    let k = rounding.addingProduct(x, S.log2e) - rounding
    let r = x.addingProduct(k, -S.ln2High).addingProduct(k, -S.ln2Low)
    let value = 1 + r.addingProduct(r * r, polynomial(S.expCoefficients, r))
    return (value, k.isNaN ? 0 : Int(k))
  }

  private static func powerOfTwo<S: OracleScalar>(_ exponent: Int) -> S {
    S(sign: .plus, exponent: S.Exponent(exponent), significand: 1)
  }

  static func exp<S: OracleScalar>(_ x: S) -> S {
    let above = x > S.expRange.upperBound ? S.expRange.upperBound : x
    let clamped = above < S.expRange.lowerBound ? S.expRange.lowerBound : above
    let (value, exponent) = expScaled(clamped)
    let bias = S.self == Float.self ? 127 : 1023
    let half = (exponent + 2 * bias) / 2 - bias
    return value * powerOfTwo(half) * powerOfTwo(exponent - half)
  }

  static func sigmoid<S: OracleScalar>(_ x: S) -> S {
    let magnitude = x.magnitude > -S.expRange.lowerBound ? -S.expRange.lowerBound : x.magnitude
    let (value, exponent) = expScaled(-magnitude)
    let scaled: S = value * powerOfTwo(exponent + S.scale)
    let (up, down): (S, S) = (powerOfTwo(S.scale), powerOfTwo(-S.scale))
    let quotient = (x < 0 ? scaled : up) / S(1).addingProduct(scaled, down) * down
    return x < 0 ? scaled.addingProduct(-scaled, quotient) * down : quotient
  }

  static func tanh<S: OracleScalar>(_ x: S) -> S {
    let magnitude = x.magnitude
    if magnitude < 0.5625 {
      let square = x * x
      return x.addingProduct(x * square, polynomial(S.tanhCoefficients, square))
    }
    let double = magnitude + magnitude
    let (value, exponent) = expScaled(-(double > S.tanhFlat ? S.tanhFlat : double))
    let e: S = value * powerOfTwo(exponent)
    let large = (1 - e) / (1 + e)
    return x.sign == .minus ? -large : large
  }
}
