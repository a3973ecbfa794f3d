// Elementary functions in double, in plain arithmetic: the same bits on every machine, which no system library
// promises. Polynomials and reductions are those of fdlibm (Sun Microsystems, 1993); each is within 1 ULP.

extension Kernels {
  /// e^x, within 1 ULP; 0 below -745.13, infinity above 709.78.
  ///
  /// x = k ln 2 + r with |r| <= ln 2 / 2; with t = r - (r - r^2 P(r^2)), e^r = 1 + r + r c / (2 - c).
  package static func exp(_ x: Double) -> Double {
    guard x == x else { return x }
    if x > 709.782712893384 { return .infinity }
    if x < -745.13321910194122 { return 0 }
    let k = nearest(x * 1.44269504088896338700)
    let high = x - k * Ln2.high
    let low = k * Ln2.low
    let r = high - low
    let t = r * r
    let p =
      1.66666666666666019037e-01 + t
      * (-2.77777777770155933842e-03 + t
        * (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08)))
    let c = r - t * p
    return scaled(1 - ((low - (r * c) / (2 - c)) - high), by: Int(k))
  }

  /// The natural logarithm, within 1 ULP; -infinity at 0, NaN below.
  package static func log(_ x: Double) -> Double {
    guard x > 0 && x < .infinity else { return x == 0 ? -.infinity : x < 0 ? .nan : x }
    let subnormal = x < 0x1p-1022
    let (f, k) = reduced(subnormal ? x * 0x1p54 : x)
    return logarithm(f, exponent: subnormal ? k - 54 : k, correction: 0)
  }

  /// log(1 + x), within 1 ULP, also where 1 + x would lose the digits of x.
  package static func log1p(_ x: Double) -> Double {
    guard x > -1 && x < .infinity else { return x == -1 ? -.infinity : x < -1 ? .nan : x }
    if x.magnitude < 0x1p-53 { return x }
    if x > -0.29289 && x < 0.41421 { return logarithm(x, exponent: 0, correction: 0) }
    let u = 1 + x
    let (f, k) = reduced(u)
    // log(1 + x) - log(u), what the rounding of 1 + x lost.
    let lost = k >= 54 ? 0 : (k >= 2 ? 1 - (u - x) : x - (u - 1)) / u
    return logarithm(f, exponent: k, correction: lost)
  }

  /// The sine, within 1 ULP.
  ///
  /// - Precondition: |x| is at most 2^20.
  package static func sin(_ x: Double) -> Double {
    guard x.isFinite else { return .nan }
    let (y, tail, quadrant) = reducedAngle(x)
    switch quadrant & 3 {
    case 0: return sineKernel(y, tail)
    case 1: return cosineKernel(y, tail)
    case 2: return -sineKernel(y, tail)
    default: return -cosineKernel(y, tail)
    }
  }

  /// The cosine, within 1 ULP.
  ///
  /// - Precondition: |x| is at most 2^20.
  package static func cos(_ x: Double) -> Double {
    guard x.isFinite else { return .nan }
    let (y, tail, quadrant) = reducedAngle(x)
    switch quadrant & 3 {
    case 0: return cosineKernel(y, tail)
    case 1: return -sineKernel(y, tail)
    case 2: return -cosineKernel(y, tail)
    default: return sineKernel(y, tail)
    }
  }
}

private enum Ln2 {
  static let high = 6.93147180369123816490e-01
  static let low = 1.90821492927058770002e-10
}

extension Kernels {
  /// The nearest integer, ties to even, for |x| < 2^51: adding and taking away 1.5 * 2^52 rounds.
  private static func nearest(_ x: Double) -> Double { (x + 0x1.8p52) - 0x1.8p52 }

  /// x * 2^k in at most two exact steps, so that a subnormal result is rounded once.
  private static func scaled(_ x: Double, by k: Int) -> Double {
    func power(_ k: Int) -> Double { Double(bitPattern: UInt64(k + 1023) << 52) }
    if k > 1023 { return x * 2 * power(k - 1) }
    return k >= -1022 ? x * power(k) : x * power(k + 54) * 0x1p-54
  }

  /// x = 2^k (1 + f) with 1 + f in sqrt(1/2)..<sqrt(2), for a normal x > 0.
  private static func reduced(_ x: Double) -> (f: Double, k: Int) {
    let shifted = (x.bitPattern >> 32) + 0x3ff0_0000 - 0x3fe6_a09e
    let k = Int(shifted >> 20) - 0x3ff
    let high = (shifted & 0xf_ffff) + 0x3fe6_a09e
    return (Double(bitPattern: high << 32 | x.bitPattern & 0xffff_ffff) - 1, k)
  }

  /// log(1 + f) + k ln 2 + correction: with s = f / (2 + f), log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)).
  private static func logarithm(_ f: Double, exponent k: Int, correction: Double) -> Double {
    let halfSquare = 0.5 * f * f
    let s = f / (2 + f)
    let z = s * s
    let w = z * z
    let even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    let odd =
      z
      * (6.666666666666735130e-01 + w
        * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)))
    let exponent = Double(k)
    return s * (halfSquare + (odd + even)) + (exponent * Ln2.low + correction) - halfSquare + f
      + exponent * Ln2.high
  }

  /// x = quadrant * pi/2 + y + tail with |y| <= pi/4 (Cody and Waite, pi/2 in three parts of 33 bits).
  private static func reducedAngle(_ x: Double) -> (y: Double, tail: Double, quadrant: Int) {
    precondition(x.magnitude <= 0x1p20, "Kernels: the angle \(x) is beyond 2^20")
    let n = nearest(x * 6.36619772367581382433e-01)
    var r = x - n * 1.57079632673412561417e+00
    var w = n * 6.07710050650619224932e-11
    var y = r - w
    let exponent = Int(x.bitPattern >> 52 & 0x7ff)
    if exponent - Int(y.bitPattern >> 52 & 0x7ff) > 16 {
      let t = r
      w = n * 6.07710050630396597660e-11
      r = t - w
      w = n * 2.02226624879595063154e-21 - ((t - r) - w)
      y = r - w
      if exponent - Int(y.bitPattern >> 52 & 0x7ff) > 49 {
        let t = r
        w = n * 2.02226624871116645580e-21
        r = t - w
        w = n * 8.47842766036889956997e-32 - ((t - r) - w)
        y = r - w
      }
    }
    return (y, (r - y) - w, Int(n))
  }

  /// sin(x + y) for |x| <= pi/4 and a tail y: x + x^3 S(x^2), and y cos x.
  private static func sineKernel(_ x: Double, _ y: Double) -> Double {
    let z = x * x
    let w = z * z
    let r =
      8.33333333332248946124e-03 + z * (-1.98412698298579493134e-04 + z * 2.75573137070700676789e-06)
      + z * w * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)
    let v = z * x
    return x - ((z * (0.5 * y - v * r) - y) - v * -1.66666666666666324348e-01)
  }

  /// cos(x + y) for |x| <= pi/4 and a tail y: 1 - x^2/2 + x^4 C(x^2), and -y sin x.
  private static func cosineKernel(_ x: Double, _ y: Double) -> Double {
    let z = x * x
    let w = z * z
    let r =
      z * (4.16666666666666019037e-02 + z * (-1.38888888888741095749e-03 + z * 2.48015872894767294178e-05))
      + w * w
      * (-2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11))
    let half = 0.5 * z
    let head = 1 - half
    return head + (((1 - head) - half) + (z * r - x * y))
  }
}
