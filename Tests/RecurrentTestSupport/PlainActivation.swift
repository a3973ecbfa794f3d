import Foundation
public import Recurrent

extension Activation {
  /// The function of one number, written as ONNX's documents have it.
  public func plain(_ x: Double) -> Double {
    switch self {
    case .tanh: Foundation.tanh(x)
    case .sigmoid: 1 / (1 + exp(-x))
    case .relu: max(0, x)
    case .affine(let alpha, let beta): alpha * x + beta
    case .leakyRelu(let alpha): x >= 0 ? x : alpha * x
    case .thresholdedRelu(let alpha): x >= alpha ? x : 0
    case .scaledTanh(let alpha, let beta): alpha * Foundation.tanh(beta * x)
    case .hardSigmoid(let alpha, let beta): min(max(alpha * x + beta, 0), 1)
    case .elu(let alpha): x >= 0 ? x : alpha * (exp(x) - 1)
    case .softsign: x / (1 + abs(x))
    case .softplus: log(1 + exp(x))
    }
  }
}
