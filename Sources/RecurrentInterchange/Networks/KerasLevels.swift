import RecurrentTensors

/// Puts Keras's layers together: two directions to one level, levels to networks.
enum KerasLevels {
  /// The networks, each level by level, each level with one or two directions.
  static func networks(
    of layers: [KerasLayer], _ hints: KerasHints, file: String
  ) throws -> [[[KerasLayer]]] {
    var networks: [[[KerasLayer]]] = []
    for level in try levels(of: layers, hints, file) {
      if let last = networks.last?.last, continues(last, level) {
        networks[networks.count - 1].append(level)
      } else {
        networks.append([level])
      }
    }
    return networks
  }

  private static func continues(_ last: [KerasLayer], _ level: [KerasLayer]) -> Bool {
    last.count == level.count && last[0].isLike(level[0])
      && last[last.count - 1].range.upperBound == level[0].range.lowerBound
      && level[0].inputSize == last.count * last[0].hiddenSize
  }

  // MARK: - Directions

  private static func levels(
    of layers: [KerasLayer], _ hints: KerasHints, _ file: String
  ) throws -> [[KerasLayer]] {
    var levels: [[KerasLayer]] = []
    let inputSizes = Set(layers.map(\.inputSize))
    var rest = layers[...]
    while let first = rest.popFirst() {
      if let second = rest.first, try arePair(first, second, inputSizes, hints, file) {
        levels.append([first, second])
        rest.removeFirst()
      } else {
        levels.append([first])
      }
    }
    return levels
  }

  /// Whether two layers are the directions of one. Names say so; shapes do where the second cannot follow the first.
  private static func arePair(
    _ first: KerasLayer, _ second: KerasLayer, _ inputSizes: Set<Int>, _ hints: KerasHints,
    _ file: String
  ) throws -> Bool {
    guard first.isLike(second), first.inputSize == second.inputSize,
      first.range.upperBound == second.range.lowerBound
    else { return false }
    if !first.prefix.isEmpty { return first.direction == .forward && second.direction == .backward }
    if let isBidirectional = hints.isBidirectional { return isBidirectional }
    if first.inputSize != first.hiddenSize { return true }
    switch second.widthBehind {
    case 2 * first.hiddenSize: return true
    case first.hiddenSize where !inputSizes.contains(2 * first.hiddenSize): return false
    default:
      throw ambiguous(
        file, first.names[0], "two layers of input \(first.inputSize) and hidden \(first.hiddenSize)",
        "the directions of one, or two that follow each other")
    }
  }

  static func ambiguous(_ file: String, _ name: String, _ found: String, _ meanings: String) -> FileError {
    FileError(
      .ambiguousNetwork, at: .init(file: file, tensor: name), found: "\(found), which can be \(meanings)",
      expected: "arrays that can be one network only",
      advice: "save them with their names: np.savez(path, **{w.path: w for w in model.weights})")
  }
}
