import RecurrentLayers
import RecurrentTensors

/// Makes networks of a graph's recurrent operators: those that feed each other are levels of one.
struct OnnxNetworkReader {
  private let index: OnnxGraphIndex
  private var levels: [OnnxLevel] = []
  private var walks: [OnnxWalk] = []
  /// Where the levels are in `levels`, by their nodes.
  private var numbers: [Int: Int] = [:]
  private let remarks: OnnxRemarks

  /// - Throws: ``FileError`` if an operator with constant weights computes what no network here does.
  init(_ graph: TensorGraph, _ tensors: NamedTensors) throws {
    index = try OnnxGraphIndex(graph, tensors)
    remarks = OnnxRemarks(tensors.metadata)
    for place in index.nodes.indices {
      if let level = try OnnxLevel(place, in: index, keepingZeroStates: remarks.hasTrainedState) {
        numbers[place] = levels.count
        levels.append(level)
        try checkWork(level)
      }
    }
    walks = levels.map { OnnxWalk(from: $0, in: index) }
  }

  /// Each level gets weights of its own, in PyTorch's order.
  private func checkWork(_ level: OnnxLevel) throws {
    guard index.work.spend(level.weights.count) else {
      throw FileError(
        .tooLarge, at: .init(file: index.tensors.source),
        found: "\(levels.count) operators that share weights",
        expected: "weights of their own")
    }
  }

  func networks() throws -> [StoredNetwork] {
    let chains = chains()
    var networks = try chains.map { try network($0, isAlone: chains.count == 1) }
    // Shapes and places belong to the graph; each is to be accounted for once.
    if !networks.isEmpty {
      networks[0].usedTensors = index.inOrder(networks[0].usedTensors + index.shapeTensors)
    }
    return networks
  }

  // MARK: - Chains

  /// Levels that feed each other, as places in `levels`; in the order of their first.
  private func chains() -> [[Int]] {
    let next = levels.indices.map(successor)
    let followers = Set(next.compactMap(\.self))
    return levels.indices.filter { !followers.contains($0) }.map { first in
      Array(sequence(first: first) { next[$0] })
    }
  }

  /// The only level that reads a level's output, if it can be the next of the same network.
  private func successor(_ place: Int) -> Int? {
    guard walks[place].levels.count == 1,
      let next = numbers[walks[place].levels[0]],
      next > place, levels[place].fits(levels[next])
    else { return nil }
    return next
  }

  // MARK: - Networks

  private func network(_ chain: [Int], isAlone: Bool) throws -> StoredNetwork {
    let levels = chain.map { self.levels[$0] }
    let hasStates = levels.contains { $0.initialStates.contains { $0 != nil } }
    let head = head(chain.last!)
    let node = index.nodes[levels[0].place]
    var network = try StoredNetwork(
      name: isAlone ? "" : node.name.isEmpty ? node.outputs.first { !$0.isEmpty } ?? "" : node.name,
      levels: levels.map { $0.cells(hasStates: hasStates) },
      isCell: isAlone && remarks.isCell && levels.count == 1, variant: levels[0].variant,
      usedTensors: index.storedTensors(behind: levels.flatMap(\.constantInputs) + (head?.values ?? [])),
      source: index.tensors.source)
    network.head = head?.head
    return network
  }

  private func head(_ last: Int) -> (head: StoredNetwork.Head, values: [String])? {
    let (level, products) = (levels[last], walks[last].products)
    let features = level.weights.directionCount * level.weights.hiddenSize
    let reader = OnnxHeadReader(index: index, features: features, dtype: level.dtype)
    return products.count == 1 ? reader.head(at: products[0]) : nil
  }
}
