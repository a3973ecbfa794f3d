/// The forms in which recurrent networks are kept in files.
public enum NetworkFormat: String, Sendable, CaseIterable {
  /// PyTorch's names in a safetensors file.
  case safetensors
  /// PyTorch's state dict, as `torch.save` writes it.
  case torch
  /// PyTorch's names in a zip file of NumPy arrays.
  case npz
  /// An ONNX graph over whole sequences.
  case onnx
  /// An ONNX graph of one time step, its state an input and an output.
  case onnxStep = "onnx-step"
  /// MLX's names in a safetensors file.
  case mlx
  /// MLX's names in an npz file.
  case mlxNPZ = "mlx-npz"
  /// Keras 3's arrays, in the order of `model.get_weights()`, in an npz file.
  case keras
  /// RTNeural's JSON.
  case rtneural
  /// Neural Amp Modeler's JSON.
  case nam
}

extension NetworkFormat {
  /// Whose names and layout the format has.
  public var system: NetworkSystem {
    switch self {
    case .safetensors, .torch, .npz: .pytorch
    case .onnx, .onnxStep: .onnx
    case .mlx, .mlxNPZ: .mlx
    case .keras: .keras
    case .rtneural: .rtneural
    case .nam: .nam
    }
  }

  /// The format that a path's ending means to people; nil if that is not clear.
  ///
  /// `.safetensors`, `.npz`, `.pt`, `.pth`, `.onnx`, `.json` and `.nam`.
  public init?(endingOf path: String) {
    let ending = path.split(separator: ".", omittingEmptySubsequences: false).last?.lowercased() ?? ""
    switch ending {
    case "safetensors": self = .safetensors
    case "npz": self = .npz
    case "pt", "pth": self = .torch
    case "onnx": self = .onnx
    case "json": self = .rtneural
    case "nam": self = .nam
    default: return nil
    }
  }
}
