import ArgumentParser
import Recurrent

/// How a stream keeps its weights, as `--weights` names it.
enum StoredWeights: String, ExpressibleByArgument, CaseIterable {
  case float32, bfloat16, float16

  var ofStream: StreamWeights {
    switch self {
    case .float32: .asTrained
    case .bfloat16: .bfloat16
    case .float16: .float16
    }
  }

  var byteCount: Double { self == .float32 ? 4 : 2 }
}
