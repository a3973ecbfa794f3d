/// A floating-point type that kernels compute in.
protocol KernelScalar: BinaryFloatingPoint, BitwiseCopyable {
  static func exp(_ x: Self) -> Self
  static func log(_ x: Self) -> Self
  static func tanh(_ x: Self) -> Self
  static func sigmoid(_ x: Self) -> Self
}

extension Double: KernelScalar {
  static func exp(_ x: Double) -> Double { Kernels.exp(x) }
  static func log(_ x: Double) -> Double { Kernels.log(x) }
  static func tanh(_ x: Double) -> Double { Kernels.tanh(x) }
  static func sigmoid(_ x: Double) -> Double { Kernels.sigmoid(x) }
}

/// Computed in double and rounded once: within 0.5 ULP plus 2^-28.
extension Float: KernelScalar {
  static func exp(_ x: Float) -> Float { Float(Kernels.exp(Double(x))) }
  static func log(_ x: Float) -> Float { Float(Kernels.log(Double(x))) }
  static func tanh(_ x: Float) -> Float { Float(Kernels.tanh(Double(x))) }
  static func sigmoid(_ x: Float) -> Float { Float(Kernels.sigmoid(Double(x))) }
}
