public import RecurrentKernels

/// A Swift type that can be an element of a tensor: `Float`, `Double` or `Int64`.
public protocol TensorScalar: BitwiseCopyable, Sendable, Numeric, Comparable {
  /// The element type that stores this Swift type.
  static var dtype: DType { get }
}

extension Float: TensorScalar { public static var dtype: DType { .float32 } }
extension Double: TensorScalar { public static var dtype: DType { .float64 } }
extension Int64: TensorScalar { public static var dtype: DType { .int64 } }
