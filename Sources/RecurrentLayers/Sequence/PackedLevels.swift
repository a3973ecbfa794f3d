import RecurrentKernels
import RecurrentTensors
import Synchronization

/// A layer's weights in the order that the kernels read them, packed when they are first needed.
///
/// It belongs to weights that never change: a layer whose cells change, in whatever way, takes a new one. Copies of a layer
/// share it until then.
final class PackedLevels: Sendable {
  private final class Content: Sendable {
    /// Nil if the cells have no fused kernels, or their weights are being watched.
    let layers: FusedLayers?
    /// Whether the cells' own initial state is zeros; asking the cells costs as much as a short sequence.
    let startsAtZero: Bool

    init(_ layers: FusedLayers?, startsAtZero: Bool) {
      self.layers = layers
      self.startsAtZero = startsAtZero
    }
  }

  private let content = Mutex<Content?>(nil)

  /// The packed weights of `cells`, which must be the same at every call; nil if steps must be recorded or composed.
  func layers(
    of cells: [some RecurrentCell], directionCount: Int
  ) -> (fused: FusedLayers, startsAtZero: Bool)? {
    let content = content.withLock { content in
      if content == nil { content = Self.pack(cells, directionCount) }
      return content!
    }
    guard let layers = content.layers else { return nil }
    return (layers, content.startsAtZero)
  }

  private static func pack(_ cells: [some RecurrentCell], _ directionCount: Int) -> Content {
    let fused = cells.compactMap(\.fused)
    let isWatched = fused.contains { $0.weights.all.contains(where: \.isWatched) }
    guard fused.count == cells.count, !isWatched else { return Content(nil, startsAtZero: false) }
    let layers = FusedLayers(
      fused.map { PackedCell($0.cellParameters, shape: $0.cellShape) }, directionCount: directionCount)
    return Content(layers, startsAtZero: fused[0].weights.initialHidden == nil)
  }
}

extension RecurrentCell {
  /// The cell, if there are kernels for it.
  var fused: (any FusedRecurrentCell)? {
    self as? any FusedRecurrentCell
  }
}

extension RecurrentLayer {
  /// The cells' own initial states `[D·L, N, ·]` where they are parameters; nil where they are zeros, which kernels begin
  /// with by themselves.
  func trainableState(batchSize: Int) -> Cell.State? {
    guard (cells[0] as? any FusedRecurrentCell)?.weights.initialHidden != nil else { return nil }
    return Cell.State.merging(cells.map { $0.initialState(batchSize: batchSize) }) {
      Tensor.stacked($0, axis: 0)
    }
  }

  /// All levels and directions in one call of the kernels: what nobody watches needs no steps in between.
  ///
  /// - Parameter padded: `[T, N, I]`.
  /// - Returns: the output `[T, N, D · H_out]` and the states `[D·L, N, ·]`, or nil if this must go level by level.
  func runFused(
    _ padded: Tensor, _ layers: FusedLayers, from initial: Cell.State?, lengths: [Int]?
  ) -> (output: Tensor, state: Cell.State)? {
    let initial = initial?.stateTensors
    guard !padded.isWatched, initial?.contains(where: \.isWatched) != true, !drops else { return nil }
    guard let lengths else {
      if initial == nil, let run = runShort(padded, layers) { return run }
      let steps = PackedSteps(stepCount: padded.shape[0], batchSize: padded.shape[1])
      return runFused(padded, layers, steps, initial, [padded.shape[0], padded.shape[1], outputSize])
    }
    let packing = packing(padded, lengths)
    let sorted = initial?.map { everyCell($0, packing.sort) }
    let (rows, state) = runFused(
      packing.gather(padded), layers, packing.steps, sorted, [packing.rowCount, outputSize])
    return (packing.scatter(rows), state.map { everyCell($0, packing.unsort) })
  }

  /// What needs less time than a call usually takes.
  private func runShort(_ input: Tensor, _ layers: FusedLayers) -> (output: Tensor, state: Cell.State)? {
    let run = layers.runShort(input.storage, stepCount: input.shape[0], batchSize: input.shape[1])
    guard let run else { return nil }
    let output = Tensor(adopting: run.result.output, shape: run.outputShape, dtype: layers.dtype)
    let hidden = Tensor(adopting: run.result.hidden, shape: run.hiddenShape, dtype: layers.dtype)
    guard let cell = run.result.cell else { return (output, Cell.State(stateTensors: [hidden])) }
    return (
      output,
      Cell.State(stateTensors: [
        hidden, Tensor(adopting: cell, shape: run.cellShape, dtype: layers.dtype),
      ])
    )
  }

  private func runFused(
    _ input: Tensor, _ layers: FusedLayers, _ steps: PackedSteps, _ initial: [Tensor]?, _ shape: Shape
  ) -> (output: Tensor, state: Cell.State) {
    let result = layers.run(
      input.storage, steps: steps, hidden: initial?[0].storage, cell: initial?.dropFirst().first?.storage)
    let count = cells.count
    let batchSize = steps.batchSize
    var state = [
      Tensor(
        adopting: result.hidden, shape: [count, batchSize, layers.outputSize], dtype: layers.dtype)
    ]
    if let cell = result.cell {
      state.append(
        Tensor(adopting: cell, shape: [count, batchSize, layers.hiddenSize], dtype: layers.dtype))
    }
    return (
      Tensor(adopting: result.output, shape: shape, dtype: layers.dtype), Cell.State(stateTensors: state)
    )
  }

  /// `transform` applied to the rows `[N, ·]` of every cell's state.
  private func everyCell(_ state: Tensor, _ transform: (Tensor) -> Tensor) -> Tensor {
    Tensor.stacked(cells.indices.map { transform(state[$0]) }, axis: 0)
  }

  /// Whether dropout acts between levels.
  private var drops: Bool { layerCount > 1 && dropout.isTraining && dropout.probability > 0 }
}
