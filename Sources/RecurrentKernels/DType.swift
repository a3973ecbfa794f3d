/// The type of a tensor's elements, chosen at run time.
///
/// Layers compute in ``float32`` (the default) or ``float64``; ``int64`` holds ids, such as the rows of an
/// embedding or the classes of a loss.
public enum DType: String, Sendable, Hashable, CaseIterable {
  /// IEEE 754 single precision: Swift's `Float`.
  case float32
  /// IEEE 754 double precision: Swift's `Double`.
  case float64
  /// Signed integers, for ids and lengths: they are stored, compared and converted, not calculated with.
  case int64

  /// Bytes of one element.
  public var byteWidth: Int { self == .float32 ? 4 : 8 }

  /// Whether the elements are floating-point numbers.
  public var isFloatingPoint: Bool { self != .int64 }
}
