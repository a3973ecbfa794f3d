extension Tensor {
  /// Whether what is computed from this tensor is recorded.
  package var isWatched: Bool { origin != nil }

  /// The same values, being watched: operations on them are recorded, and gradients can be taken at them.
  package func watched() -> Tensor {
    var copy = self
    copy.origin = Origin(step: RecordedStep(outputCount: 1, inputs: []) { _ in [] }, output: 0)
    return copy
  }

  /// The same values without a history: gradients do not flow through the result. PyTorch: `Tensor.detach`.
  ///
  /// Truncated BPTT detaches the state that is carried from one window to the next.
  ///
  /// - Complexity: O(1); the storage is shared.
  public func detached() -> Tensor {
    var copy = self
    copy.origin = nil
    return copy
  }

  /// Records one derivative for several tensors that were computed together.
  ///
  /// - Parameters:
  ///   - outputs: The results, without a history of their own.
  ///   - inputs: What they were computed from.
  ///   - derivative: Takes one gradient for each output, nil where none arrived (at least one did), and returns one
  ///     for each input, of that input's shape, or nil for zero or for an input that is not watched. It must capture
  ///     detached tensors only.
  /// - Returns: The outputs; watched if some input is, else unchanged.
  package static func recorded(
    _ outputs: [Tensor], from inputs: [Tensor], derivative: @escaping ([Tensor?]) -> [Tensor?]
  ) -> [Tensor] {
    guard inputs.contains(where: \.isWatched) else { return outputs }
    let step = RecordedStep(outputCount: outputs.count, inputs: inputs, derivative: derivative)
    return outputs.indices.map { index in
      var output = outputs[index]
      output.origin = Origin(step: step, output: index)
      return output
    }
  }

  /// Records the derivative of an operation with one result: see ``recorded(_:from:derivative:)``.
  package func recorded(from inputs: Tensor..., derivative: @escaping (Tensor) -> [Tensor?]) -> Tensor {
    recorded(from: inputs, derivative: derivative)
  }

  /// Records the derivative of an operation with one result: see ``recorded(_:from:derivative:)``.
  package func recorded(from inputs: [Tensor], derivative: @escaping (Tensor) -> [Tensor?]) -> Tensor {
    guard inputs.contains(where: \.isWatched) else { return self }
    return Tensor.recorded([self], from: inputs) { derivative($0[0]!) }[0]
  }
}
