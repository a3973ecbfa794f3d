import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// What an optimizer keeps for each parameter: one tensor of the parameter's shape for each of a few kinds.
struct Moments: Sendable {
  /// PyTorch's names of what is kept, such as `exp_avg`.
  let kinds: [String]
  /// The parameters' names; empty before the first step.
  private(set) var names: [String] = []
  /// For each parameter, a tensor of each kind.
  private var tensors: [[Tensor]] = []

  init(_ kinds: [String]) { self.kinds = kinds }

  /// Zeros for each parameter, if there is nothing yet.
  ///
  /// - Precondition: otherwise the parameters are the ones of the first step.
  mutating func prepare(for parameters: ParameterList, optimizer: String) {
    if names.isEmpty {
      names = parameters.names
      tensors = parameters.map { entry in
        kinds.map { _ in Tensor(zeros: entry.tensor.shape, dtype: entry.tensor.dtype) }
      }
    }
    precondition(
      names == parameters.names,
      "\(optimizer): the model's parameters are \(parameters.names), expected \(names) as in the first step")
  }

  /// The block of one kind for the parameter at `index`, for writing.
  mutating func storage(_ kind: Int, at index: Int) -> AlignedMemory {
    tensors[index][kind].uniqueStorage()
  }
}

// MARK: - State

extension Moments {
  /// The count of steps and everything kept, under names.
  func state(stepCount: Int) -> ParameterList {
    var entries: [ParameterList.Element] = [("step", Tensor(scalar: Int64(stepCount)))]
    for (name, tensors) in zip(names, tensors) {
      for (kind, tensor) in zip(kinds, tensors) { entries.append(("\(name).\(kind)", tensor)) }
    }
    return ParameterList(entries)
  }

  /// The count of steps and the moments that `state` holds for `parameters`.
  ///
  /// - Throws: ``TrainingError``; its place has `optimizer.` before the name, as in a ``TrainingState``.
  func loading(_ state: ParameterList, for parameters: ParameterList) throws -> (Moments, stepCount: Int) {
    let prefix = "optimizer."
    let step = try state.tensor(named: "step", prefix: prefix, shape: [], dtype: .int64)
    let stepCount = Int(step.scalars(as: Int64.self)[0])
    let limit = 1 << 53
    guard (0..<limit).contains(stepCount) else {
      throw TrainingError(
        .invalidValue, place: prefix + "step", found: "\(stepCount)", expected: "0 to \(limit - 1)")
    }
    var result = Moments(kinds)
    if stepCount > 0 {
      result.names = parameters.names
      result.tensors = try parameters.map { entry in
        try kinds.map { kind in
          try state.tensor(
            named: "\(entry.name).\(kind)", prefix: prefix, shape: entry.tensor.shape,
            dtype: entry.tensor.dtype)
        }
      }
    }
    try state.checkNames(result.state(stepCount: stepCount).names, prefix: prefix)
    return (result, stepCount)
  }
}
