/// The type of a tensor's elements, chosen at run time.
///
/// Layers compute in ``float32`` (the default) or ``float64``; ``int64`` holds ids, such as the rows of an
/// embedding or the classes of a loss.
public enum DType: String, Sendable, Hashable, CaseIterable {
  case float32, float64, int64

  /// Bytes of one element.
  public var byteWidth: Int { self == .float32 ? 4 : 8 }

  /// Whether the elements are floating-point numbers.
  public var isFloatingPoint: Bool { self != .int64 }
}
