import RecurrentKernels
import RecurrentTensors

/// The tensors under one prefix whose names are those of a recurrent layer's weights.
struct RecurrentWeights {
  struct Sizes {
    let kind: RecurrentNetwork.Kind
    let input, hidden, projection: Int
    let dtype: DType
  }

  let tensors: NamedTensors
  let prefix: String
  let names: [RecurrentParameterName]
  /// Whether the names are those of a cell, without a layer's number.
  let isCell: Bool

  private init(_ tensors: NamedTensors, _ prefix: String, _ names: [RecurrentParameterName]) {
    self.tensors = tensors
    self.prefix = prefix
    self.names = names
    isCell = !names.isEmpty && names.allSatisfy { $0.layer == nil }
  }

  /// The weights at `prefix`; without a prefix, those of the only network.
  init(_ tensors: NamedTensors, prefix: String?) throws {
    guard let prefix else {
      self = try Self.only(in: tensors)
      return
    }
    let names = tensors.compactMap { RecurrentParameterName.split($0.name) }.filter { $0.prefix == prefix }
    if names.isEmpty { throw Self.noNetwork(in: tensors, prefix: prefix) }
    self.init(tensors, prefix, names.map(\.name))
  }

  /// The weights of each network, in the order in which their first ones stand.
  ///
  /// - Complexity: O(number of tensors).
  static func all(in tensors: NamedTensors) -> [RecurrentWeights] {
    var names: [String: [RecurrentParameterName]] = [:]
    var prefixes: [String] = []
    var begun = Set<String>()
    for (text, _) in tensors {
      guard let (prefix, name) = RecurrentParameterName.split(text) else { continue }
      names[prefix, default: []].append(name)
      if name.beginsNetwork && begun.insert(prefix).inserted { prefixes.append(prefix) }
    }
    return prefixes.map { RecurrentWeights(tensors, $0, names[$0]!) }
  }

  private static func only(in tensors: NamedTensors) throws -> RecurrentWeights {
    let all = all(in: tensors)
    if all.count > 1 {
      throw FileError(
        .ambiguousNetwork, at: .init(file: tensors.source), found: "networks at " + list(all.map(\.prefix)),
        expected: "one", advice: "choose one by its prefix")
    }
    guard let weights = all.first else { throw noNetwork(in: tensors, prefix: nil) }
    return weights
  }

  private static func noNetwork(in tensors: NamedTensors, prefix: String?) -> FileError {
    let others = RecurrentNetwork.prefixes(in: tensors)
    return FileError(
      .noNetwork, at: .init(file: tensors.source),
      found: tensors.isEmpty ? "no tensors" : "tensors " + list(tensors.names),
      expected: "weight_ih_l0 or weight_ih" + (prefix.map { " after the prefix \($0.quoted)" } ?? ""),
      advice: others.isEmpty ? "rename the weights as PyTorch does" : "there are networks at " + list(others))
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(8).map(\.quoted).joined(separator: ", ")
      + (names.count > 8 ? " and \(names.count - 8) more" : "")
  }
}

// MARK: - Sizes

extension RecurrentWeights {
  /// Tells the kind by the rows of `weight_hh` for each hidden unit.
  func readSizes() throws -> Sizes {
    let layer = isCell ? nil : 0
    let hiddenWeight = RecurrentParameterName(.hiddenWeight, layer: layer)
    let shape = try matrix(hiddenWeight)
    let input = try matrix(RecurrentParameterName(.inputWeight, layer: layer))[1]
    let dtype = try tensor(hiddenWeight).dtype
    let hasProjection = names.contains { $0.role == .projection }
    let projection = hasProjection ? try matrix(RecurrentParameterName(.projection, layer: layer)) : nil
    let hidden = projection?[1] ?? shape[1]
    let kind = RecurrentNetwork.Kind.allCases.first { kind in
      (kind == .lstm || !hasProjection) && shape[0] % kind.gateCount == 0
        && shape[0] / kind.gateCount == hidden
    }
    guard let kind, shape[1] == projection?[0] ?? hidden else {
      let rows = projection.map { "[\(4 * $0[1]), \($0[0])], as weight_hr is \($0)" }
      throw misshapen(hiddenWeight, shape, rows ?? "[H, H], [3*H, H] or [4*H, H]")
    }
    if let projection, projection[0] >= hidden {
      let name = RecurrentParameterName(.projection, layer: layer)
      throw misshapen(name, projection, "[P, H] with P < H")
    }
    return Sizes(kind: kind, input: input, hidden: hidden, projection: projection?[0] ?? 0, dtype: dtype)
  }

  /// The number of layers, which must be numbered from 0 without a gap.
  func readLayerCount() throws -> Int {
    if isCell { return 1 }
    let layers = Set(names.compactMap(\.layer))
    for layer in 0..<layers.count where !layers.contains(layer) {
      throw missing(RecurrentParameterName(.inputWeight, layer: layer))
    }
    return layers.count
  }

  /// Makes sure that exactly `parameters` are there.
  func prove(_ parameters: [(name: RecurrentParameterName, shape: Shape)], _ dtype: DType) throws {
    for (name, shape) in parameters {
      let tensor = try tensor(name)
      if tensor.shape != shape { throw misshapen(name, tensor.shape, "\(shape)") }
      if tensor.dtype != dtype || !dtype.isFloatingPoint {
        let expected = dtype.isFloatingPoint ? "\(dtype), as the other weights" : "float32 or float64"
        throw FileError(.dtype, at: place(name), found: "\(tensor.dtype)", expected: expected)
      }
    }
    let expected = Set(parameters.map(\.name))
    if let name = names.first(where: { !expected.contains($0) }) {
      let weights = "\(parameters.count) weights, \(parameters[0].name.text) to \(parameters.last!.name.text)"
      throw FileError(
        .unexpectedTensor, at: place(name), found: "it beside \(weights)", expected: "only those")
    }
  }

  // MARK: - Tensors

  private func tensor(_ name: RecurrentParameterName) throws -> Tensor {
    guard let tensor = tensors[prefix + name.text] else { throw missing(name) }
    return tensor
  }

  /// The shape of a tensor that must have two dimensions, neither of them 0.
  private func matrix(_ name: RecurrentParameterName) throws -> Shape {
    let shape = try tensor(name).shape
    guard shape.count == 2, !shape.contains(0) else { throw misshapen(name, shape, "[rows, columns]") }
    return shape
  }

  private func missing(_ name: RecurrentParameterName) -> FileError {
    let found = names.map(\.text)
    return FileError(.missingTensor, at: place(name), found: "only " + Self.list(found), expected: name.text)
  }

  private func misshapen(_ name: RecurrentParameterName, _ found: Shape, _ expected: String) -> FileError {
    FileError(.misshapenTensor, at: place(name), found: "\(found)", expected: expected)
  }

  private func place(_ name: RecurrentParameterName) -> FileError.Place {
    FileError.Place(file: tensors.source, tensor: prefix + name.text)
  }
}
