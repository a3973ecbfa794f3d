import RecurrentKernels
import RecurrentTensors

/// Follows a level's output through the glue that exporters put behind it, and keeps account of its axes.
struct OnnxWalk {
  private enum Axis {
    case time, batch, direction, hidden
    /// Directions and hidden units side by side.
    case features
  }

  private let index: OnnxGraphIndex
  private let directions, hidden: Int
  private var visited: Set<String> = []
  /// The recurrent nodes that read the whole output as their input.
  private(set) var levels: [Int] = []
  /// The products that take the output's features.
  private(set) var products: [Int] = []

  /// Walks from Y, the first output of a level.
  init(from level: OnnxLevel, in index: OnnxGraphIndex) {
    self.index = index
    (directions, hidden) = (level.weights.directionCount, level.weights.hiddenSize)
    guard let output = index.nodes[level.place].outputs.first, !output.isEmpty else { return }
    var waiting = [
      (value: output, axes: level.isBatchFirst ? Self.batchFirstAxes : [.time, .direction, .batch, .hidden])
    ]
    while let (value, axes) = waiting.popLast() {
      guard visited.insert(value).inserted else { continue }
      for place in index.readers(of: value) {
        guard let next = follow(place, value, axes), let output = index.nodes[place].outputs.first else {
          continue
        }
        waiting.append((output, next))
      }
    }
  }

  private static let batchFirstAxes: [Axis] = [.batch, .time, .direction, .hidden]

  /// The axes behind a node; nil if the way ends there.
  private mutating func follow(_ place: Int, _ value: String, _ axes: [Axis]) -> [Axis]? {
    let node = index.nodes[place]
    guard node.inputs.first == value else { return nil }
    switch node.operatorName {
    case "RNN", "GRU", "LSTM":
      let isBatchFirst =
        if case .integer(1)? = node.attributes["layout"] { true } else { false }
      if axes == (isBatchFirst ? [.batch, .time, .features] : [.time, .batch, .features]) {
        levels.append(place)
      }
      return nil
    case "MatMul":
      if axes.last == .features { products.append(place) }
      return nil
    case "Identity", "Dropout": return axes
    case "Transpose": return transposed(node, axes)
    case "Squeeze": return squeezed(node, axes)
    case "Reshape": return reshaped(node, axes)
    default: return nil
    }
  }

  private func transposed(_ node: GraphNode, _ axes: [Axis]) -> [Axis]? {
    guard case .integers(let order)? = node.attributes["perm"] else { return axes.reversed() }
    return order.sorted() == Array(axes.indices) ? order.map { axes[$0] } : nil
  }

  /// A single direction, or a single step, may be taken away.
  private func squeezed(_ node: GraphNode, _ axes: [Axis]) -> [Axis]? {
    guard let removed = index.integers(node, input: 1, attribute: "axes"), removed.count == 1 else {
      return nil
    }
    let place = removed[0] < 0 ? removed[0] + axes.count : removed[0]
    guard axes.indices.contains(place) else { return nil }
    var rest = axes
    rest.remove(at: place)
    switch axes[place] {
    case .direction: return directions == 1 ? rest.map { $0 == .hidden ? .features : $0 } : nil
    case .time: return rest
    default: return nil
    }
  }

  /// Directions and hidden units side by side, or a single direction taken away.
  private func reshaped(_ node: GraphNode, _ axes: [Axis]) -> [Axis]? {
    guard let size = lastSize(node), size == -1 || size == directions * hidden else { return nil }
    let rest = axes.filter { $0 != .direction && $0 != .hidden && $0 != .features }
    let isMerged = axes.last == .features || axes.suffix(2) == [.direction, .hidden]
    let isSingle = directions == 1 && axes.last == .hidden
    return rest.count == 2 && (isMerged || isSingle) ? rest + [.features] : nil
  }

  /// The last of three sizes that a tensor is reshaped to; nil if it is not constant.
  private func lastSize(_ node: GraphNode) -> Int? {
    if let sizes = index.integers(node, input: 1, attribute: "shape") {
      return sizes.count == 3 ? sizes[2] : nil
    }
    guard node.inputs.count > 1, let shape = index.producer(of: node.inputs[1]),
      shape.operatorName == "Concat",
      shape.inputs.count == 3, let last = index.constant(shape.inputs[2]), last.count == 1,
      last.dtype == .int64
    else { return nil }
    return Int(clamping: last.scalars(as: Int64.self)[0])
  }
}
