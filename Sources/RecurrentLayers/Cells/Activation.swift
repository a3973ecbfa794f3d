public import RecurrentTensors

/// A function that a gate, a candidate or a state goes through, element by element.
///
/// The list, and the meaning of α and β, are those of ONNX's RNN, GRU and LSTM operators.
public enum Activation: Sendable, Hashable {
  /// The hyperbolic tangent.
  case tanh
  /// 1 / (1 + e^-x).
  case sigmoid
  /// max(0, x).
  case relu
  /// αx + β.
  case affine(alpha: Double, beta: Double)
  /// x where x ≥ 0, else αx.
  case leakyRelu(alpha: Double)
  /// x where x ≥ α, else 0.
  case thresholdedRelu(alpha: Double)
  /// α tanh(βx).
  case scaledTanh(alpha: Double, beta: Double)
  /// αx + β, kept within 0...1.
  case hardSigmoid(alpha: Double, beta: Double)
  /// x where x ≥ 0, else α(e^x - 1).
  case elu(alpha: Double)
  /// x / (1 + |x|).
  case softsign
  /// log(1 + e^x).
  case softplus

  /// The function applied to every element, with its derivative recorded.
  ///
  /// - Precondition: `x` is floating-point.
  /// - Complexity: O(elements) in time and memory.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .tanh: RecurrentTensors.tanh(x)
    case .sigmoid: RecurrentTensors.sigmoid(x)
    case .relu: RecurrentTensors.relu(x)
    case .affine(let alpha, let beta): x.affineMap(alpha: alpha, beta: beta)
    case .leakyRelu(let alpha): x.leakyRelu(alpha: alpha)
    case .thresholdedRelu(let alpha): x.thresholdedRelu(alpha: alpha)
    case .scaledTanh(let alpha, let beta): x.scaledTanh(alpha: alpha, beta: beta)
    case .hardSigmoid(let alpha, let beta): x.hardSigmoid(alpha: alpha, beta: beta)
    case .elu(let alpha): x.elu(alpha: alpha)
    case .softsign: x.softsign()
    case .softplus: x.softplus()
    }
  }
}
