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
}
