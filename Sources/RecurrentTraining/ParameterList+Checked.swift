import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// Reading tensors that came from a file: each rule that is broken is an error that names the tensor.
/// `prefix` stands before the names in messages, where a part of a state is read.
extension ParameterList {
  /// The tensor called `name`.
  func tensor(named name: String, prefix: String = "") throws -> Tensor {
    guard let tensor = self[name] else {
      throw TrainingError(.missingTensor, place: prefix + name, found: "no such tensor", expected: "one")
    }
    return tensor
  }

  /// The tensor called `name`, of this shape and element type.
  func tensor(named name: String, prefix: String = "", shape: Shape, dtype: DType) throws -> Tensor {
    let tensor = try tensor(named: name, prefix: prefix)
    guard tensor.shape == shape && tensor.dtype == dtype else {
      throw TrainingError(
        .wrongShape, place: prefix + name, found: "\(tensor.dtype) \(tensor.shape)",
        expected: "\(dtype) \(shape)")
    }
    return tensor
  }

  /// The elements of the int64 vector called `name`.
  func vector(named name: String, prefix: String = "") throws -> [Int64] {
    let tensor = try tensor(named: name, prefix: prefix)
    guard tensor.rank == 1 && tensor.dtype == .int64 else {
      throw TrainingError(
        .wrongShape, place: prefix + name, found: "\(tensor.dtype) \(tensor.shape)", expected: "int64 [n]")
    }
    return tensor.scalars()
  }

  /// Throws if there is a tensor of another name than these.
  func checkNames(_ names: [String], prefix: String = "") throws {
    let known = Set(names)
    guard let extra = first(where: { !known.contains($0.name) }) else { return }
    throw TrainingError(
      .unexpectedTensor, place: prefix + extra.name, found: "\(extra.tensor.dtype) \(extra.tensor.shape)",
      expected: "no such tensor")
  }

  /// The tensors whose names begin with `prefix`, without it.
  func dropping(prefix: String) -> ParameterList {
    let entries = filter { $0.name.hasPrefix(prefix) }
    return ParameterList(entries.map { (String($0.name.dropFirst(prefix.count)), $0.tensor) })
  }

  /// These tensors, with `prefix` before each name.
  func adding(prefix: String) -> [Element] { map { (prefix + $0.name, $0.tensor) } }
}
