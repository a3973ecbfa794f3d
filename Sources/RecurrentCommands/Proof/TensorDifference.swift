import Recurrent

/// How far two tensors of one shape are apart.
struct TensorDifference {
  /// The coarser of the two types, in which both are compared.
  let dtype: DType
  /// The largest distance of two elements, counted in numbers of the coarser of the two types that lie between; 0 for
  /// NaN and NaN, the largest count for NaN and a number.
  private(set) var ulps: UInt64 = 0
  /// The largest absolute difference.
  private(set) var absolute = 0.0
  /// The two elements that are the most ulps apart, and their index; nil if there are none.
  private(set) var worst: (index: [Int], values: (Double, Double))?

  /// - Precondition: the shapes are equal.
  init(_ a: Tensor, _ b: Tensor) {
    precondition(a.shape == b.shape, "TensorDifference: \(a.shape) and \(b.shape), expected equal shapes")
    dtype = a.dtype == .float64 && b.dtype == .float64 ? .float64 : .float32
    let (a, b) = (a.asType(dtype), b.asType(dtype))
    if a.isBitwiseEqual(to: b) { return }
    dtype == .float64 ? compare(a, b, as: Double.self) : compare(a, b, as: Float.self)
  }

  private mutating func compare<Number: ULPComparable>(_ a: Tensor, _ b: Tensor, as: Number.Type) {
    let (first, second) = (a.scalars(as: Number.self), b.scalars(as: Number.self))
    for (index, (x, y)) in zip(first, second).enumerated() where x != y && !(x.isNaN && y.isNaN) {
      let ulps = Number.ulps(x, y)
      let difference = abs(x.double - y.double)
      absolute = difference > absolute || difference.isNaN ? difference : absolute
      guard ulps > self.ulps else { continue }
      self.ulps = ulps
      worst = (a.shape.indices(of: index), (x.double, y.double))
    }
  }

  /// Two elements, with as many digits as the type has.
  func valueTexts(_ values: (Double, Double)) -> (String, String) {
    dtype == .float32 ? ("\(Float(values.0))", "\(Float(values.1))") : ("\(values.0)", "\(values.1)")
  }

  /// `at [3, 2]: 0.5 and 0.25, 8,388,608 ULPs apart`.
  var text: String {
    guard let worst else { return "equal" }
    let (x, y) = valueTexts(worst.values)
    return "at \(worst.index): \(x) and \(y), \(ulps.ulpText) apart"
  }
}

extension UInt64 {
  /// A count of ulps: `12 ULPs`, or `NaN` where one number is none.
  var ulpText: String { self == .max ? "NaN" : Int(clamping: self).counting("ULP") }
}

/// Floating-point numbers that can be counted through.
private protocol ULPComparable: TensorScalar, FloatingPoint {
  /// The numbers in order, both zeros 0.
  var order: Int64 { get }
  var double: Double { get }
}

extension ULPComparable {
  static func ulps(_ x: Self, _ y: Self) -> UInt64 {
    if x.isNaN && y.isNaN { return 0 }
    if x.isNaN || y.isNaN { return .max }
    let (distance, isBeyond) = x.order.subtractingReportingOverflow(y.order)
    return isBeyond ? .max - 1 : distance.magnitude
  }
}

extension Float: ULPComparable {
  var order: Int64 { Int64(magnitude.bitPattern) * (sign == .minus ? -1 : 1) }
  var double: Double { Double(self) }
}

extension Double: ULPComparable {
  var order: Int64 { Int64(magnitude.bitPattern) * (sign == .minus ? -1 : 1) }
  var double: Double { self }
}

extension Shape {
  /// The index along each dimension of the element at `place` in row-major order.
  fileprivate func indices(of place: Int) -> [Int] {
    var rest = place
    var indices: [Int] = []
    for extent in reversed() {
      indices.append(rest % extent)
      rest /= extent
    }
    return indices.reversed()
  }
}
