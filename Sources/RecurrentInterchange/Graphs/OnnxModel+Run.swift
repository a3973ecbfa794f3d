import RecurrentKernels
import RecurrentTensors

extension OnnxModel {
  /// The inputs that must be given: those that no stored tensor stands for.
  public var requiredInputs: [GraphValue] { inputs.filter { tensors[$0.name] == nil } }

  /// Whether every operator of the graph is known here, and every name defined.
  ///
  /// - Throws: ``GraphError`` with the list of what is missing.
  public func checkRunnable() throws {
    _ = try GraphPlan(self)
  }

  /// Computes the graph's outputs.
  ///
  /// Operators that no output needs are not computed; a tensor is let go after its last use. Recurrent operators are
  /// the cells of this library, so their bits are the same on every machine.
  ///
  /// - Parameter given: tensors under the names of ``inputs``; others are not looked at. They may stand for stored
  ///   tensors that the graph lists as inputs.
  /// - Returns: the tensors under the names of ``outputs``, in their order. Integers and truth values are int64.
  /// - Throws: ``GraphError`` if an operator is not known here, an input is missing or does not fit, or an operator's
  ///   tensors do not fit each other.
  public func run(_ given: NamedTensors) throws -> NamedTensors {
    let plan = try GraphPlan(self)
    var values = try bind(given)
    for (place, node) in plan.nodes.enumerated() {
      let call = GraphCall(
        node: node, operatorSet: operatorSet, inputs: node.inputs.map { values[$0] }, file: source)
      for (name, result) in zip(node.outputs, try call.results()) where !name.isEmpty {
        values[name] = result
      }
      for name in node.inputs where plan.lastReader[name] == place { values[name] = nil }
    }
    var results = NamedTensors(metadata: [:], source: source)
    for output in outputs { results[output.name] = values[output.name] }
    return results
  }

  /// Stored tensors and given ones, proven to be what the graph says of them.
  private func bind(_ given: NamedTensors) throws -> [String: Tensor] {
    var values: [String: Tensor] = [:]
    for (name, tensor) in tensors { values[name] = tensor }
    var symbols: [String: (size: Int, input: String)] = [:]
    for input in inputs {
      if let tensor = given[input.name] {
        try check(tensor, input, &symbols)
        values[input.name] = tensor
      } else if values[input.name] == nil {
        let names = given.names.map(\.quoted).joined(separator: ", ")
        throw GraphError(
          .input, file: source, place: "input \(input.name.quoted)",
          found: names.isEmpty ? "no arrays" : "only \(names)",
          expected: requiredInputs.map(\.description).joined(separator: "; "))
      }
    }
    return values
  }

  private func check(
    _ tensor: Tensor, _ input: GraphValue, _ symbols: inout [String: (size: Int, input: String)]
  ) throws {
    func mismatch(_ expected: String) -> GraphError {
      GraphError(
        .input, file: source, place: "input \(input.name.quoted)", found: "\(tensor.dtype) \(tensor.shape)",
        expected: expected)
    }
    let expected = [input.dtype.map(\.rawValue) ?? "", input.shapeText].filter { !$0.isEmpty }
      .joined(separator: " ")
    guard input.dtype == nil || input.dtype == tensor.dtype else { throw mismatch(expected) }
    guard let shape = input.shape else { return }
    guard shape.count == tensor.rank else { throw mismatch(expected) }
    for (extent, size) in zip(shape, tensor.shape) {
      switch extent {
      case .any: continue
      case .size(let known): if known != size { throw mismatch(expected) }
      case .symbol(let name):
        let bound = symbols[name] ?? (size, input.name)
        if bound.size != size {
          throw mismatch("\(expected) with \(name) = \(bound.size), as in input \(bound.input.quoted)")
        }
        symbols[name] = bound
      }
    }
  }
}
