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
