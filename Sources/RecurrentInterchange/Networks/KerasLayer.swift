import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// One direction of one of Keras's recurrent layers.
struct KerasLayer {
  /// Where it runs, as far as its name says.
  enum Direction { case forward, backward, untold }

  let kind: RecurrentNetwork.Kind
  let cell: CellWeights
  let variant: CellVariant
  /// The path of its weights without `kernel`; empty if they have numbers only.
  let prefix: String
  let direction: Direction
  /// The file's names of its arrays.
  let names: [String]
  /// The place of its first array among all, and the place after its last.
  let range: Range<Int>
  /// The rows of the next array, if it is a matrix: what the layer puts out, if that is a dense layer's or another recurrent
  /// one's.
  var widthBehind: Int?

  var inputSize: Int { cell.inputSize }
  var hiddenSize: Int { cell.hiddenSize }

  /// Whether both could stand in one network, sizes of their inputs apart.
  func isLike(_ other: KerasLayer) -> Bool {
    kind == other.kind && variant == other.variant && cell.isLike(other.cell)
  }
}

// MARK: - Finding

extension KerasLayer {
  /// The layers in a file's order; none if its arrays have neither numbers nor Keras's names.
  static func all(in tensors: NamedTensors) throws -> [KerasLayer] {
    let hints = KerasHints(tensors)
    let named = tensors.names.contains { $0 == "recurrent_kernel" || $0.hasSuffix("/recurrent_kernel") }
    let arrays = named ? tensors.names.filter { !KerasHints.names.contains($0) } : numbered(tensors)
    var layers: [KerasLayer] = []
    var place = 0
    while place < arrays.count {
      let rest = arrays[place...].prefix(3).map { ($0, tensors[$0]!) }
      let layer =
        named
        ? try KerasLayer(named: rest, at: place, hints, tensors.source)
        : try KerasLayer(numbered: rest, at: place, hints, tensors.source)
      if var layer {
        place = layer.range.upperBound
        if place < arrays.count, tensors[arrays[place]]!.rank == 2 {
          layer.widthBehind = tensors[arrays[place]]!.shape[0]
        }
        layers.append(layer)
      } else {
        place += 1
      }
    }
    return layers
  }

  /// `arr_0`, `arr_1` and so on without a gap, as `np.savez` names arrays; empty if there are others.
  private static func numbered(_ tensors: NamedTensors) -> [String] {
    let names = tensors.names.filter { !KerasHints.names.contains($0) }
    let numbers = names.indices.map { "arr_\($0)" }
    return Set(numbers) == Set(names) ? numbers : []
  }

  private init?(
    named rest: [(name: String, tensor: Tensor)], at place: Int, _ hints: KerasHints, _ file: String
  )
    throws
  {
    guard rest.count >= 2, rest[1].name.hasSuffix("recurrent_kernel") else { return nil }
    let prefix = String(rest[1].name.dropLast("recurrent_kernel".count))
    guard rest[0].name == prefix + "kernel" else {
      throw FileError(
        .missingTensor, at: .init(file: file, tensor: prefix + "kernel"), found: rest[0].name.quoted,
        expected: "the kernel before the recurrent kernel")
    }
    let hasBias = rest.count == 3 && rest[2].name == prefix + "bias"
    try self.init(Array(rest.prefix(hasBias ? 3 : 2)), prefix, at: place, hints, file)
  }

  /// Without names a layer is told by its shapes: a matrix of C columns, one of H rows and C columns with C = H, 3H or
  /// 4H, and perhaps a bias of C.
  private init?(
    numbered rest: [(name: String, tensor: Tensor)], at place: Int, _ hints: KerasHints, _ file: String
  ) throws {
    guard rest.count >= 2, rest[0].tensor.rank == 2, rest[1].tensor.rank == 2,
      rest[0].tensor.shape[1] == rest[1].tensor.shape[1],
      RecurrentNetwork.Kind.allCases.contains(where: {
        rest[1].tensor.shape[1] == $0.gateCount * rest[1].tensor.shape[0]
      }), rest.prefix(2).allSatisfy({ $0.tensor.dtype.isFloatingPoint && $0.tensor.count > 0 })
    else { return nil }
    let columns = rest[0].tensor.shape[1]
    let hasBias = rest.count == 3 && [[columns], [2, columns]].contains(rest[2].tensor.shape)
    if columns == rest[1].tensor.shape[0] && !hasBias {
      throw KerasLevels.ambiguous(
        file, rest[0].name, "matrices \(rest[0].tensor.shape) and \(rest[1].tensor.shape)",
        "a SimpleRNN without bias, or two other layers")
    }
    try self.init(Array(rest.prefix(hasBias ? 3 : 2)), "", at: place, hints, file)
  }
}

// MARK: - Layout

extension KerasLayer {
  private init(
    _ arrays: [(name: String, tensor: Tensor)], _ prefix: String, at place: Int, _ hints: KerasHints,
    _ file: String
  ) throws {
    func expect(_ index: Int, _ shapes: [Shape], _ text: String) throws {
      let tensor = arrays[index].tensor
      guard shapes.contains(tensor.shape), tensor.dtype == arrays[0].tensor.dtype,
        tensor.dtype.isFloatingPoint
      else {
        throw FileError(
          .misshapenTensor, at: .init(file: file, tensor: arrays[index].name),
          found: "\(tensor.shape) of \(tensor.dtype)", expected: text)
      }
    }
    let shape = arrays[1].tensor.shape
    let kind = RecurrentNetwork.Kind.allCases.first {
      shape.count == 2 && shape[0] > 0 && shape[1] == $0.gateCount * shape[0]
    }
    guard let kind else {
      throw FileError(
        .misshapenTensor, at: .init(file: file, tensor: arrays[1].name), found: "\(shape)",
        expected: "(H, H), (H, 3H) or (H, 4H)")
    }
    let columns = shape[1]
    try expect(1, [shape], "floats")
    let inputs = arrays[0].tensor.rank == 2 ? arrays[0].tensor.shape[0] : 0
    try expect(0, inputs > 0 ? [[inputs, columns]] : [], "(I, \(columns))")
    if arrays.count == 3 {
      let shapes: [Shape] = kind == .gru ? [[columns], [2, columns]] : [[columns]]
      try expect(2, shapes, kind == .gru ? "(\(columns)) or (2, \(columns))" : "(\(columns))")
    }
    self.kind = kind
    self.prefix = prefix
    names = arrays.map(\.name)
    range = place..<place + arrays.count
    direction = Self.direction(prefix)
    cell = CellWeights(
      kernel: arrays[0].tensor, recurrent: arrays[1].tensor, bias: arrays.count == 3 ? arrays[2].tensor : nil,
      kind)
    variant = CellVariant(resetsBeforeProduct: try Self.resetsBefore(arrays, kind, hints, file))
  }

  private static func direction(_ prefix: String) -> Direction {
    let parts = prefix.split(separator: "/")
    if parts.contains(where: { $0.hasPrefix("forward_") }) { return .forward }
    return parts.contains { $0.hasPrefix("backward_") } ? .backward : .untold
  }

  private static func resetsBefore(
    _ arrays: [(name: String, tensor: Tensor)], _ kind: RecurrentNetwork.Kind, _ hints: KerasHints,
    _ file: String
  ) throws -> Bool {
    guard kind == .gru else { return false }
    if arrays.count == 3 { return arrays[2].tensor.rank == 1 }
    if let resetsAfter = hints.resetsAfter { return !resetsAfter }
    throw FileError(
      .missingTensor, at: .init(file: file, tensor: "reset_after"),
      found: "a GRU without bias, whose arrays do not tell",
      expected: "reset_after beside them",
      advice: "save it with np.savez(path, *model.get_weights(), reset_after=True)")
  }
}
