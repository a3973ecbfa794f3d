/// Whose names and layout a file's weights have.
public enum NetworkSystem: String, Sendable, CaseIterable {
  /// PyTorch's state dict.
  case pytorch = "PyTorch"
  /// MLX's layers.
  case mlx = "MLX"
  /// ONNX's operators.
  case onnx = "ONNX"
  /// Keras 3's layers.
  case keras = "Keras"
  /// RTNeural's layers.
  case rtneural = "RTNeural"
  /// Neural Amp Modeler's recurrent model.
  case nam = "NAM"

  /// Whether a file says what its cells compute. PyTorch's, MLX's and Keras's weights leave that to the program that loads
  /// them: whether an RNN applies tanh or relu, for one.
  public var tellsVariant: Bool { self != .pytorch && self != .mlx && self != .keras }

  /// The order of the gates' blocks in a weight, in PyTorch's letters; empty for an RNN, which has one.
  public func gateOrder(of kind: RecurrentNetwork.Kind) -> [String] {
    switch (kind, self) {
    case (.rnn, _): []
    case (.gru, .pytorch), (.gru, .mlx), (.gru, .nam): ["r", "z", "n"]
    case (.gru, _): ["z", "r", "n"]
    case (.lstm, .onnx): ["i", "o", "f", "g"]
    case (.lstm, _): ["i", "f", "g", "o"]
    }
  }

  /// The order in which this system's blocks make a weight of another one's.
  func blockOrder(of kind: RecurrentNetwork.Kind, in other: NetworkSystem) -> [Int] {
    let gates = gateOrder(of: kind)
    return gates.isEmpty ? [0] : other.gateOrder(of: kind).map { gates.firstIndex(of: $0)! }
  }
}
