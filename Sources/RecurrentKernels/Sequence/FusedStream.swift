import CRecurrentKernels

/// Levels of cells that take one time step after the other, with everything allocated beforehand.
///
/// Steps, one or many, are one call of one kernel: no allocation, no lock, no system call. The weights may be shared among streams; the
/// state is this stream's own.
///
/// Memory: h of all levels, twice (a step reads one and writes the other), then c of all levels, then scratch.
package final class FusedStream: @unchecked Sendable {
  package let weights: StreamLevels
  package let batchSize: Int
  private let memory: AlignedMemory
  /// Bytes of h of all levels, of c of all levels.
  private let hiddenBytes, cellBytes: Int
  /// Bytes of sums that wait for the cell's functions, at the end.
  private let sumBytes: Int
  private let call: UnsafeMutablePointer<crk_stream>
  private let levels: UnsafeMutablePointer<crk_level>
  private let take:
    @convention(c) (UnsafeMutablePointer<crk_stream>?, UnsafeRawPointer?, UnsafeMutableRawPointer?, Int) ->
      Void

  /// The state is zero.
  ///
  /// - Precondition: at least one row.
  package init(_ weights: StreamLevels, batchSize: Int) {
    precondition(batchSize > 0, "FusedStream: no rows")
    self.weights = weights
    self.batchSize = batchSize
    let rowBytes = batchSize * weights.dtype.byteWidth
    let shapes = weights.levels
    hiddenBytes = shapes.reduce(0) { $0 + $1.paddedOutput } * rowBytes
    cellBytes = shapes.reduce(0) { $0 + ($1.hasCellState ? $1.paddedHidden : 0) } * rowBytes
    let scratch = (shapes.map { $0.projectionSize > 0 ? $0.paddedHidden : 0 }.max() ?? 0) * rowBytes
    sumBytes = (shapes.map { $0.sumCount(rows: batchSize) }.max() ?? 0) * rowBytes
    memory = AlignedMemory(byteCount: 2 * hiddenBytes + cellBytes + scratch + sumBytes)
    levels = .allocate(capacity: shapes.count)
    call = .allocate(capacity: 1)
    call.initialize(
      to: crk_stream(rows: batchSize, level_count: shapes.count, levels: levels, turn: 0))
    take = weights.table.functions.advance
    bindLevels(rowBytes)
  }

  deinit {
    call.deallocate()
    levels.deallocate()
  }

  private func bindLevels(_ rowBytes: Int) {
    var (hidden, cell) = (memory.base, memory.base + 2 * hiddenBytes)
    let scratch = cell + cellBytes
    for (index, level) in weights.levels.enumerated() {
      var bound = crk_level(
        level, weights.storage, groupBytes: Int(CRK_PANEL) * weights.storage.byteWidth(weights.dtype),
        isFar: weights.isFar)
      if let packed = weights.packedByGate(index, rows: batchSize) { bound.readByGate(packed) }
      bound.h = (hidden, hidden + hiddenBytes)
      bound.c = cell
      bound.m = scratch
      bound.sums = memory.base + memory.byteCount - sumBytes
      (levels + index).initialize(to: bound)
      hidden += level.paddedOutput * rowBytes
      if level.hasCellState { cell += level.paddedHidden * rowBytes }
    }
  }

  /// Reads frames `[steps, N, I]`, writes the last level's outputs `[steps, N, H_out]`: as many elements as these, of the
  /// layers' type.
  package func advance(
    _ frames: UnsafeRawPointer, into outputs: UnsafeMutableRawPointer, steps: Int = 1
  ) {
    take(call, frames, outputs, steps)
  }

  /// The same from and to blocks of memory: frames from element `offset` on.
  package func advance(
    _ frames: AlignedMemory, at offset: Int = 0, into outputs: AlignedMemory, steps: Int = 1
  ) {
    let width = weights.dtype.byteWidth
    precondition(
      offset >= 0 && steps >= 0
        && frames.byteCount >= (offset + steps * batchSize * weights.inputSize) * width
        && outputs.byteCount >= steps * batchSize * weights.outputSize * width,
      "FusedStream.advance: out of bounds")
    advance(frames.base + offset * width, into: outputs.base, steps: steps)
  }

  // MARK: - State

  private var hidden: UnsafeMutableRawPointer { memory.base + Int(call.pointee.turn) * hiddenBytes }
  private var cell: UnsafeMutableRawPointer { memory.base + 2 * hiddenBytes }

  /// Makes the state zero.
  package func reset() {
    hidden.initializeMemory(as: UInt8.self, repeating: 0, count: hiddenBytes)
    cell.initializeMemory(as: UInt8.self, repeating: 0, count: cellBytes)
  }

  /// Bytes of ``save(into:)``.
  package var stateByteCount: Int { hiddenBytes + cellBytes }

  /// Copies the state of all levels.
  ///
  /// - Precondition: `snapshot` has ``stateByteCount`` bytes.
  package func save(into snapshot: AlignedMemory) {
    precondition(snapshot.byteCount == stateByteCount, "FusedStream.save: sizes do not fit")
    snapshot.base.copyMemory(from: hidden, byteCount: hiddenBytes)
    (snapshot.base + hiddenBytes).copyMemory(from: cell, byteCount: cellBytes)
  }

  /// Puts back what ``save(into:)`` copied, here or from a stream of the same levels and rows.
  ///
  /// - Precondition: `snapshot` has ``stateByteCount`` bytes.
  package func restore(_ snapshot: AlignedMemory) {
    precondition(snapshot.byteCount == stateByteCount, "FusedStream.restore: sizes do not fit")
    hidden.copyMemory(from: snapshot.base, byteCount: hiddenBytes)
    cell.copyMemory(from: snapshot.base + hiddenBytes, byteCount: cellBytes)
  }

  /// The hidden state `[N, H_out]` and the cell state `[N, H]` of a level.
  package func state(of level: Int) -> (hidden: AlignedMemory, cell: AlignedMemory?) {
    let shape = weights.levels[level]
    let (hidden, cell) = rows(of: level)
    func unpadded(_ rows: UnsafeMutableRawPointer, _ width: Int) -> AlignedMemory {
      let result = AlignedMemory(weights.dtype, count: batchSize * width)
      copyRows(width, from: rows, stride: CellShape.padded(width), to: result.base, stride: width)
      return result
    }
    return (
      unpadded(hidden, shape.outputSize), shape.hasCellState ? unpadded(cell, shape.hiddenSize) : nil
    )
  }

  /// Overwrites the state of a level.
  package func setState(of level: Int, hidden: AlignedMemory, cell: AlignedMemory?) {
    let shape = weights.levels[level]
    let rows = rows(of: level)
    copyRows(
      shape.outputSize, from: hidden.base, stride: shape.outputSize, to: rows.hidden,
      stride: shape.paddedOutput)
    guard let cell, shape.hasCellState else { return }
    copyRows(
      shape.hiddenSize, from: cell.base, stride: shape.hiddenSize, to: rows.cell,
      stride: shape.paddedHidden)
  }

  private func rows(of level: Int) -> (hidden: UnsafeMutableRawPointer, cell: UnsafeMutableRawPointer) {
    (call.pointee.turn == 0 ? levels[level].h.0! : levels[level].h.1!, levels[level].c)
  }

  private func copyRows(
    _ width: Int, from source: UnsafeRawPointer, stride sourceStride: Int,
    to target: UnsafeMutableRawPointer, stride targetStride: Int
  ) {
    let bytes = weights.dtype.byteWidth
    for row in 0..<batchSize {
      (target + row * targetStride * bytes).copyMemory(
        from: source + row * sourceStride * bytes, byteCount: width * bytes)
    }
  }

  /// A stream with the same weights that goes on from the same state by itself.
  package func copy() -> FusedStream {
    let copy = FusedStream(weights, batchSize: batchSize)
    copy.hidden.copyMemory(from: hidden, byteCount: hiddenBytes)
    copy.cell.copyMemory(from: cell, byteCount: cellBytes)
    return copy
  }
}

extension crk_level {
  /// The weights and sizes of a level; its memory is null.
  ///
  /// - Parameter groupBytes: of 16 weights.
  fileprivate init(_ level: StreamLevel, _ storage: StreamWeights, groupBytes: Int, isFar: Bool) {
    self.init()
    kind = level.kind
    format = storage.code
    far = isFar ? 1 : 0
    input_size = level.inputSize
    hidden_size = level.hiddenSize
    projection_size = level.projectionSize
    weights = UnsafeRawPointer(level.weights.base)
    hidden_weights = UnsafeRawPointer(
      level.weights.base + level.inputSize * level.groupGateCount * groupBytes)
    variant = level.variant?.pointer
    candidate = level.candidate.map { UnsafeRawPointer($0.base) }
    hidden_candidate = level.candidate.map { UnsafeRawPointer($0.base + level.inputSize * groupBytes) }
    projection = level.projection.map { UnsafeRawPointer($0.base) }
    bias = UnsafeRawPointer(level.bias.base)
  }

  /// The weights of a cell gate by gate in place of those side by side. The levels own both.
  fileprivate mutating func readByGate(_ packed: PackedCell) {
    by_gate = 1
    weights = UnsafeRawPointer(packed.inputWeight.base)
    hidden_weights = UnsafeRawPointer(packed.hiddenWeight.base)
  }
}
