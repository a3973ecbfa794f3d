import CRecurrentKernels

/// Where everything stands in the working memory of one run, in bytes; each part starts on a line of its own.
struct LayersLayout {
  /// Bytes of a level's output that the next level reads while they are still in a core's second cache.
  private static let blockBytes = 128 * 1024
  /// Steps of a block if there is no next level: a bound for what their counts take.
  private static let mostSteps = 4096

  /// Steps that all levels take before any of them goes on.
  let block: Int
  /// Steps whose input part is computed ahead.
  let chunk: Int
  let gateBytes, unprojectedBytes, rowsBytes: Int
  private let stepBytes: Int
  private let directionCount: Int

  init(_ layers: FusedLayers, _ steps: PackedSteps, block: Int?) {
    let (shape, batch) = (layers.shape, steps.batchSize)
    let width = layers.directionCount * shape.outputSize * shape.dtype.byteWidth
    chunk = max(1, min(FusedSequence.chunk(shape, batchSize: batch), steps.stepCount))
    if steps.isFull && layers.directionCount == 1 {
      let bytes = layers.levelCount > 1 ? Self.blockBytes / max(1, batch * width) : Self.mostSteps
      self.block = min(max(1, block ?? max(bytes / chunk * chunk, chunk)), steps.stepCount)
    } else {
      self.block = steps.stepCount
    }
    directionCount = layers.directionCount
    stepBytes = Self.lines(2 * self.block * MemoryLayout<Int>.stride)
    gateBytes = Self.lines(chunk * batch * shape.gateStride * shape.dtype.byteWidth)
    unprojectedBytes =
      shape.projectionSize > 0 ? Self.lines(batch * shape.paddedHidden * shape.dtype.byteWidth) : 0
    let rows = self.block == steps.stepCount ? steps.rowCount : self.block * batch
    rowsBytes = layers.levelCount > 1 ? Self.lines(rows * width) : 0
  }

  var byteCount: Int { rows(2) }

  func gates(_ direction: Int) -> Int { stepBytes + direction * gateBytes }
  func unprojected(_ direction: Int) -> Int { gates(directionCount) + direction * unprojectedBytes }
  /// The output of even and odd levels.
  func rows(_ parity: Int) -> Int { unprojected(directionCount) + parity * rowsBytes }

  private static func lines(_ bytes: Int) -> Int { (bytes + 63) & ~63 }
}

/// One run of all levels and directions.
struct LayersRun {
  let layers: FusedLayers
  let steps: PackedSteps
  let layout: LayersLayout
  let memory: AlignedMemory
  let input: AlignedMemory
  let result: FusedLayersOutput
  /// Where the rows of the input have their ones, if that is all they have.
  let oneHot: OneHotRows?

  func start() {
    guard steps.batchSize > 0, steps.stepCount > 0 else { return }
    writeSteps()
    let batch = steps.batchSize
    let functions = KernelTable.current(layers.dtype).functions
    switch sharing {
    case .alone: everyCall { call, _ in functions.forward(&call, 0, batch) }
    case .rows(let parts):
      Parallel.run(tasks: parts) { part in
        let rows = steps.rowRange(part, of: parts)
        everyCall { call, _ in functions.forward(&call, rows.lowerBound, rows.upperBound) }
      }
    case .directions:
      Parallel.team(2) { member, barrier in
        everyCall { call, direction in
          if barrier.pointee.members == 1 || direction == member { functions.forward(&call, 0, batch) }
          if direction == 1 { crk_barrier_wait(barrier) }
        }
      }
    case .units(let threads):
      Parallel.team(threads) { member, barrier in
        everyCall { call, _ in
          functions.forward_units(&call, member, barrier.pointee.members, barrier)
          crk_barrier_wait(barrier)  // the state is complete
        }
      }
    }
    withExtendedLifetime(self) {}
  }

  /// Counts and offsets of a block's steps side by side; equal blocks share them.
  func writeSteps() {
    let target = memory.pointer(0, Int.self)
    for step in 0..<layout.block {
      target[step] = steps.count(at: step)
      target[layout.block + step] = steps.offset(at: step)
    }
  }

  private var sharing: ForwardSharing {
    ForwardSharing.best(
      layers.shape, batchSize: steps.batchSize, rowCount: steps.rowCount, cellCount: layers.cells.count,
      directionCount: layers.directionCount)
  }

  /// Block by block, level by level, both directions of a level one after the other.
  private func everyCall(_ body: (inout crk_forward, _ direction: Int) -> Void) {
    for first in stride(from: 0, to: steps.stepCount, by: layout.block) {
      for index in layers.cells.indices {
        var call = self.call(index, first: first)
        body(&call, index % layers.directionCount)
      }
    }
  }

  /// The call of one cell for the block of steps from `first` on.
  func call(_ index: Int, first: Int) -> crk_forward {
    let (level, direction) = (index / layers.directionCount, index % layers.directionCount)
    let (shape, bytes, batch) = (layers.cells[index].shape, layers.dtype.byteWidth, steps.batchSize)
    let width = layers.directionCount * shape.outputSize
    var call = crk_forward(layers.cells[index])
    call.steps = min(layout.block, steps.stepCount - first)
    call.counts = UnsafePointer(memory.pointer(0, Int.self))
    call.offsets = call.counts + layout.block
    call.reversed = direction == 1 ? 1 : 0
    call.x = UnsafeRawPointer(
      level == 0
        ? input.base + first * batch * shape.inputSize * bytes : memory.base + layout.rows(1 - level % 2))
    call.x_stride = shape.inputSize
    if level == 0, let oneHot { call.one_hot = oneHot.pointer + first * batch }
    call.h = result.hidden.base + index * batch * shape.outputSize * bytes
    call.h_stride = shape.outputSize
    call.c = result.cell.map { $0.base + index * batch * shape.hiddenSize * bytes }
    call.c_stride = shape.hiddenSize
    let rows =
      level + 1 == layers.levelCount
      ? result.output.base + first * batch * width * bytes : memory.base + layout.rows(level % 2)
    call.y = rows + direction * shape.outputSize * bytes
    call.y_stride = width
    call.gates = memory.base + layout.gates(direction)
    call.m = memory.base + layout.unprojected(direction)
    call.chunk = layout.chunk
    return call
  }
}
