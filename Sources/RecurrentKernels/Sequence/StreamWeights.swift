import CRecurrentKernels

/// How a stream keeps its copy of a layer's weights.
///
/// A step reads every weight once, so beyond a core's first caches half the bytes are nearly half the time. Weights are
/// rounded once, to nearest even, when the stream is made; each is expanded exactly where it is used, and everything
/// else is as always. So the results are, bit for bit, those of a layer whose weight matrices were rounded to that type.
/// Biases and state stay float32.
public enum StreamWeights: Sendable, Hashable, CaseIterable {
  /// The weights as they are.
  case asTrained
  /// 8 bits of precision, float32's range.
  case bfloat16
  /// 11 bits of precision; what is beyond ±65504 becomes infinite, what is below 6e-8 becomes 0.
  case float16

  var code: Int32 {
    switch self {
    case .asTrained: Int32(CRK_FULL)
    case .bfloat16: Int32(CRK_BFLOAT16)
    case .float16: Int32(CRK_FLOAT16)
    }
  }

  func byteWidth(_ dtype: DType) -> Int { self == .asTrained ? dtype.byteWidth : 2 }
}
