import RecurrentTensors

extension NamedTensors {
  /// The tensors with some under other names: each key is a new name, its value the name until now. They keep their places;
  /// the others keep their names.
  ///
  /// ```swift
  /// let tensors = try NPZ.read("checkpoint.npz").renamed([
  ///   "weight_ih_l0": "enc_w_ih", "weight_hh_l0": "enc_w_hh", "bias_ih_l0": "enc_b_ih", "bias_hh_l0": "enc_b_hh",
  /// ])
  /// let encoder = try GRU(from: tensors)
  /// ```
  ///
  /// - Throws: ``FileError`` of kind `missingTensor` if a tensor is not there, of kind `duplicate` if one gets two names or
  ///   a name is another tensor's.
  /// - Complexity: O(`count`): the elements are shared, not copied.
  public func renamed(_ oldNames: [String: String]) throws -> NamedTensors {
    var newNames: [String: String] = [:]
    for (new, old) in oldNames.sorted(by: { $0.key < $1.key }) {
      guard self[old] != nil else { throw missing(old, wantedAs: new) }
      if let other = newNames.updateValue(new, forKey: old) {
        throw clash(old, "renamed to \(other.quoted) and \(new.quoted)", "one new name for each tensor")
      }
    }
    var result = NamedTensors(metadata: metadata, source: source)
    for (name, tensor) in self {
      let new = newNames[name] ?? name
      guard result[new] == nil else { throw clash(new, "another tensor of that name", "every name once") }
      result[new] = tensor
    }
    return result
  }

  private func missing(_ name: String, wantedAs new: String) -> FileError {
    let shown = names.prefix(16).map(\.quoted).joined(separator: ", ")
    let found = isEmpty ? "no tensors" : "only " + shown + (count > 16 ? " and \(count - 16) more" : "")
    return FileError(
      .missingTensor, at: .init(file: source, tensor: name), found: found,
      expected: "it, to be \(new.quoted)",
      advice: "check the name")
  }

  private func clash(_ name: String, _ found: String, _ expected: String) -> FileError {
    FileError(
      .duplicate, at: .init(file: source, tensor: name), found: found, expected: expected,
      advice: "choose other names")
  }
}
