import RecurrentKernels
import RecurrentTensors

/// Follows a level's outputs through the glue that exporters put behind them, and keeps account of their axes.
struct OnnxWalk {
  fileprivate enum Axis {
    case time, batch, direction, hidden
    /// Directions and hidden units side by side.
    case features
    /// The last states of all levels, one after the other.
    case levels
    /// Steps and sequences one after the other.
    case rows
  }

  /// A value on the way, and what it holds of the level's output.
  fileprivate struct Station {
    var value: String
    var axes: [Axis]
    /// Whether the last step is all that is left.
    var isLastStep = false
  }

  /// A product that takes the output's features.
  struct Product {
    /// Where its node stands.
    let place: Int
    let isOfLastStep: Bool
  }

  private let index: OnnxGraphIndex
  private let directions, hidden: Int
  private var visited: Set<String> = []
  /// The recurrent nodes that read the whole output as their input.
  private(set) var levels: [Int] = []
  private(set) var products: [Product] = []

  /// Walks from Y, a level's output of all steps, and from Y_h, which is that of the last if there is one direction.
  init(from level: OnnxLevel, in index: OnnxGraphIndex) {
    self.index = index
    (directions, hidden) = (level.weights.directionCount, level.weights.hiddenSize)
    var waiting = starts(level)
    while let station = waiting.popLast() {
      guard visited.insert(station.value).inserted else { continue }
      for place in index.readers(of: station.value) {
        if var next = follow(place, station), let output = index.nodes[place].outputs.first {
          next.value = output
          waiting.append(next)
        }
      }
    }
  }

  private func starts(_ level: OnnxLevel) -> [Station] {
    let (whole, last): ([Axis], [Axis]) =
      level.isBatchFirst
      ? ([.batch, .time, .direction, .hidden], [.batch, .direction, .hidden])
      : ([.time, .direction, .batch, .hidden], [.direction, .batch, .hidden])
    let outputs = index.nodes[level.place].outputs
    var stations = outputs.prefix(1).map { Station(value: $0, axes: whole) }
    if directions == 1 && outputs.count > 1 {
      stations.append(Station(value: outputs[1], axes: last, isLastStep: true))
    }
    return stations.filter { !$0.value.isEmpty }
  }

  /// The station behind a node, its value yet to be said; nil if the way ends there.
  private mutating func follow(_ place: Int, _ station: Station) -> Station? {
    let node = index.nodes[place]
    if node.operatorName == "Concat" { return joined(node, station) }
    guard node.inputs.first == station.value else { return nil }
    switch node.operatorName {
    case "RNN", "GRU", "LSTM": addLevel(place, station)
    case "MatMul", "Gemm":
      if station.axes.last == .features && !station.axes.contains(.levels) {
        products.append(Product(place: place, isOfLastStep: station.isLastStep))
      }
    case "Identity", "Dropout": return station
    case "Transpose": return transposed(node, station)
    case "Squeeze": return squeezed(node, station)
    case "Reshape": return reshaped(node, station)
    case "Flatten": return flattened(node, station)
    case "Gather": return gathered(node, station)
    case "Slice": return sliced(node, station)
    default: break
    }
    return nil
  }

  private mutating func addLevel(_ place: Int, _ station: Station) {
    let isBatchFirst = if case .integer(1)? = index.nodes[place].attributes["layout"] { true } else { false }
    let whole: [Axis] = isBatchFirst ? [.batch, .time, .features] : [.time, .batch, .features]
    if station.axes == whole && !station.isLastStep { levels.append(place) }
  }
}

// MARK: - Axes in another order or form

extension OnnxWalk {
  private func transposed(_ node: GraphNode, _ station: Station) -> Station? {
    var next = station
    guard case .integers(let order)? = node.attributes["perm"] else {
      next.axes.reverse()
      return next
    }
    guard order.sorted() == Array(station.axes.indices) else { return nil }
    next.axes = order.map { station.axes[$0] }
    return next
  }

  /// A single direction, or a single step, may be taken away.
  private func squeezed(_ node: GraphNode, _ station: Station) -> Station? {
    guard let removed = index.integers(node, input: 1, attribute: "axes"), removed.count == 1,
      let place = axis(removed[0], of: station)
    else { return nil }
    switch station.axes[place] {
    case .direction: return directions == 1 ? station.removing(place) : nil
    case .time: return station.removing(place)
    default: return nil
    }
  }

  /// Directions and hidden units side by side, a single direction or the single step taken away, or all steps of all
  /// sequences one after the other.
  private func reshaped(_ node: GraphNode, _ station: Station) -> Station? {
    guard let (count, last) = sizes(node), last == -1 || last == directions * hidden else { return nil }
    var rest = station.axes.filter { ![.direction, .hidden, .features].contains($0) }
    let isMerged = station.axes.last == .features || station.axes.suffix(2) == [.direction, .hidden]
    let isSingle = directions == 1 && station.axes.last == .hidden
    guard isMerged || isSingle, !rest.contains(.levels) else { return nil }
    if station.isLastStep && count == rest.count { rest.removeAll { $0 == .time } }
    if count == 2 && rest.count == 2 && last != -1 { rest = [.rows] }
    guard rest.count == count - 1 else { return nil }
    var next = station
    next.axes = rest + [.features]
    return next
  }

  /// How many sizes a tensor is reshaped to, and the last of them; nil if it is not constant.
  private func sizes(_ node: GraphNode) -> (count: Int, last: Int)? {
    if let sizes = index.integers(node, input: 1, attribute: "shape") {
      return sizes.last.map { (sizes.count, $0) }
    }
    guard node.inputs.count > 1, let shape = index.producer(of: node.inputs[1]),
      shape.operatorName == "Concat", let name = shape.inputs.last, let last = index.constant(name),
      last.count == 1, last.dtype == .int64
    else { return nil }
    return (shape.inputs.count, Int(clamping: last.scalars(as: Int64.self)[0]))
  }

  /// Only what is single may stand between the batch and the features.
  private func flattened(_ node: GraphNode, _ station: Station) -> Station? {
    guard node.attributes["axis"] == nil || isOne(node.attributes["axis"]), station.axes.first == .batch
    else { return nil }
    let rest = station.axes.dropFirst().filter { !(station.isLastStep && $0 == .time) }
    guard rest == [.features] || rest == [.direction, .hidden] || (rest == [.hidden] && directions == 1)
    else {
      return nil
    }
    var next = station
    next.axes = [.batch, .features]
    return next
  }

  private func isOne(_ attribute: GraphAttribute?) -> Bool {
    if case .integer(1)? = attribute { true } else { false }
  }

  private func axis(_ axis: Int, of station: Station) -> Int? {
    let place = axis < 0 ? axis + station.axes.count : axis
    return station.axes.indices.contains(place) ? place : nil
  }
}

// MARK: - The last step

extension OnnxWalk {
  /// The states of all levels: the last of them are this level's.
  private func joined(_ node: GraphNode, _ station: Station) -> Station? {
    guard node.inputs.last == station.value, case .integer(let number)? = node.attributes["axis"],
      let place = axis(number, of: station), station.axes[place] == .direction, station.isLastStep
    else { return nil }
    var next = station
    next.axes[place] = .levels
    return next
  }

  /// The last step of all, or the last level's state.
  private func gathered(_ node: GraphNode, _ station: Station) -> Station? {
    var number = 0
    if case .integer(let given)? = node.attributes["axis"] { number = given }
    guard let place = axis(number, of: station), let indices = index.constant(node.inputs.last ?? ""),
      indices.dtype == .int64, indices.count == 1, indices.rank < 2,
      isLast(Int(clamping: indices.scalars(as: Int64.self)[0]), station.axes[place])
    else { return nil }
    var next = indices.rank == 0 ? station.removing(place) : station
    next.isLastStep = station.isLastStep || station.axes[place] == .time
    return next
  }

  private func sliced(_ node: GraphNode, _ station: Station) -> Station? {
    guard let starts = index.integers(node, input: 1, attribute: "starts"), starts.count == 1,
      let ends = index.integers(node, input: 2, attribute: "ends"), ends.count == 1,
      ends[0] >= Int(Int32.max),
      let axes = index.integers(node, input: 3, attribute: "axes"), axes.count == 1,
      node.inputs.count < 5 || index.integers(node, input: 4, attribute: "steps") == [1],
      let place = axis(axes[0], of: station), isLast(starts[0], station.axes[place])
    else { return nil }
    var next = station
    next.isLastStep = station.isLastStep || station.axes[place] == .time
    return next
  }

  private func isLast(_ number: Int, _ axis: Axis) -> Bool {
    switch axis {
    case .time, .levels: number == -1
    case .direction: directions == 1 && (number == 0 || number == -1)
    default: false
    }
  }
}

extension OnnxWalk.Station {
  /// Without an axis of extent 1; a single direction's hidden units are all features.
  fileprivate func removing(_ place: Int) -> Self {
    var next = self
    let isDirection = [.direction, .levels].contains(axes[place])
    next.axes.remove(at: place)
    if isDirection { next.axes = next.axes.map { $0 == .hidden ? .features : $0 } }
    return next
  }
}
