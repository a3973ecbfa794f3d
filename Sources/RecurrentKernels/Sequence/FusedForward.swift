import CRecurrentKernels

/// What a fused sequence leaves behind.
package struct FusedOutput {
  /// `[rows, H_out]`
  package var output: AlignedMemory
  /// `[N, H_out]`
  package var hidden: AlignedMemory
  /// `[N, H]`, LSTM only.
  package var cell: AlignedMemory?
  /// What the derivative needs; only if it was asked for.
  package var tape: FusedTape?
}

/// Whole sequences of one direction of one layer in one call.
package enum FusedSequence {
  /// Bytes of pre-activations that one chunk of steps may fill: about a quarter of a core's second cache.
  private static let chunkBytes = 128 * 1024
  /// Steps of one call; a longer sequence takes several.
  private static let mostSteps = 4096

  /// Runs the cell over packed rows.
  ///
  /// - Parameters:
  ///   - input: `[rows, I]`
  ///   - hidden: the initial hidden state `[N, H_out]`, or nil for zeros.
  ///   - cell: the initial cell state `[N, H]`, or nil for zeros.
  ///   - saving: whether to keep what ``backward(_:shape:steps:reversed:input:output:tape:outputGradient:hiddenGradient:cellGradient:)`` needs.
  ///   - pieceLength: if saving, keep only the state before every so many steps; the derivative computes the rest again.
  ///     Nil keeps everything. It never changes a bit.
  ///   - chunk: steps whose input part is computed ahead; nil to choose by size. It never changes a bit.
  package static func forward(
    _ packed: PackedCell, steps: PackedSteps, reversed: Bool, input: Operand, hidden: AlignedMemory?,
    cell: AlignedMemory?, saving: Bool, pieceLength: Int? = nil, chunk: Int? = nil
  ) -> FusedOutput {
    let shape = packed.shape
    let state = initialState(shape, steps.batchSize, hidden, cell)
    let output = AlignedMemory(shape.dtype, count: steps.rowCount * shape.outputSize, zeroed: false)
    let tape =
      saving
      ? FusedTape(shape, steps, pieceLength: pieceLength ?? steps.stepCount, before: state) : nil
    if let activations = tape?.activations {
      run(packed, steps, reversed, input, state, Operand(output), activations, chunk)
    } else {
      runPieces(packed, steps, reversed, input, state, output, tape, chunk)
    }
    return FusedOutput(
      output: output, hidden: unpadded(state.hidden, shape.outputSize, shape, steps.batchSize),
      cell: state.cell.map { unpadded($0, shape.hiddenSize, shape, steps.batchSize) }, tape: tape)
  }

  /// Leaves the state before every piece on the tape. Without one, pieces bound what the steps' counts take.
  private static func runPieces(
    _ packed: PackedCell, _ steps: PackedSteps, _ reversed: Bool, _ input: Operand, _ state: FusedState,
    _ output: AlignedMemory, _ tape: FusedTape?, _ chunk: Int?
  ) {
    for piece in steps.pieces(of: tape?.pieceLength ?? mostSteps, reversed: reversed) {
      tape?.states.append((state.hidden.copy(), state.cell?.copy()))
      run(
        packed, piece.steps, reversed, input.advanced(by: piece.firstRow * packed.shape.inputSize), state,
        Operand(output, offset: piece.firstRow * packed.shape.outputSize), nil, chunk)
    }
  }

  static func chunk(_ shape: CellShape, batchSize: Int) -> Int {
    max(1, chunkBytes / max(1, batchSize * shape.gateStride * shape.dtype.byteWidth))
  }

  /// Goes on from `state`, which becomes the one after the last step. Activations are kept if there is room for them.
  static func run(
    _ packed: PackedCell, _ steps: PackedSteps, _ reversed: Bool, _ input: Operand, _ state: FusedState,
    _ output: Operand, _ activations: FusedActivations?, _ chunk: Int?
  ) {
    let shape = packed.shape
    let table = KernelTable.current(shape.dtype)
    let chunk = max(1, min(chunk ?? self.chunk(shape, batchSize: steps.batchSize), steps.stepCount))
    let gates =
      activations?.gates
      ?? AlignedMemory(shape.dtype, count: chunk * steps.batchSize * shape.gateStride, zeroed: false)
    let projected =
      shape.projectionSize > 0
      ? AlignedMemory(shape.dtype, count: steps.batchSize * shape.paddedHidden, zeroed: false) : nil
    var call = crk_forward(packed)
    call.steps = steps.stepCount
    call.reversed = reversed ? 1 : 0
    call.x = UnsafeRawPointer(input.memory.base + input.offset * shape.dtype.byteWidth)
    call.x_stride = shape.inputSize
    let oneHot = OneHotRows(input, rows: steps.rowCount, columns: shape.inputSize, shape.dtype)
    if let oneHot, packed.allowsOneHot { call.one_hot = oneHot.pointer }
    call.h = state.hidden.base
    call.h_stride = shape.paddedOutput
    call.c = state.cell?.base
    call.c_stride = shape.paddedHidden
    call.y = output.memory.base + output.offset * shape.dtype.byteWidth
    call.y_stride = shape.outputSize
    call.gates = gates.base
    call.cells = activations?.cells?.base
    call.m = projected?.base
    call.save = activations == nil ? 0 : 1
    call.chunk = chunk
    steps.withPointers { counts, offsets in
      call.counts = counts
      call.offsets = offsets
      share(
        call, table, steps,
        ForwardSharing.best(shape, batchSize: steps.batchSize, rowCount: steps.rowCount))
    }
    withExtendedLifetime((packed, input, oneHot, state, output, gates, activations, projected)) {}
  }

  /// Runs one direction on as many threads as `sharing` says.
  private static func share(
    _ call: crk_forward, _ table: KernelTable, _ steps: PackedSteps, _ sharing: ForwardSharing
  ) {
    withUnsafePointer(to: call) { call in
      switch sharing {
      case .alone, .directions: table.functions.forward(call, 0, steps.batchSize)
      case .rows(let parts):
        Parallel.run(tasks: parts) { part in
          let rows = steps.rowRange(part, of: parts)
          table.functions.forward(call, rows.lowerBound, rows.upperBound)
        }
      case .units(let threads):
        Parallel.team(threads) { member, barrier in
          table.functions.forward_units(call, member, barrier.pointee.members, barrier)
        }
      }
    }
  }

  /// The state in rows rounded up to whole panels.
  private static func initialState(
    _ shape: CellShape, _ batchSize: Int, _ hidden: AlignedMemory?, _ cell: AlignedMemory?
  ) -> FusedState {
    (
      padded(hidden, shape.outputSize, shape, batchSize),
      shape.hasCellState ? padded(cell, shape.hiddenSize, shape, batchSize) : nil
    )
  }

  static func padded(_ rows: AlignedMemory?, _ width: Int, _ shape: CellShape, _ count: Int) -> AlignedMemory
  {
    let stride = CellShape.padded(width)
    let result = AlignedMemory(shape.dtype, count: count * stride)
    if let rows {
      Packing.copyRows(
        shape.dtype, rows: count, width: width, from: rows, stride: width, to: result, stride: stride)
    }
    return result
  }

  static func unpadded(_ rows: AlignedMemory, _ width: Int, _ shape: CellShape, _ count: Int) -> AlignedMemory
  {
    let stride = CellShape.padded(width)
    let result = AlignedMemory(shape.dtype, count: count * width)
    Packing.copyRows(
      shape.dtype, rows: count, width: width, from: rows, stride: stride, to: result, stride: width)
    return result
  }
}

extension crk_forward {
  /// The weights and sizes of a cell; the rest is zero.
  init(_ packed: PackedCell) {
    self.init()
    let shape = packed.shape
    kind = shape.cell.code
    variant = packed.variant?.pointer
    input_size = shape.inputSize
    hidden_size = shape.hiddenSize
    projection_size = shape.projectionSize
    w = UnsafeRawPointer(packed.inputWeight.base)
    u = UnsafeRawPointer(packed.hiddenWeight.base)
    p = packed.projectionWeight.map { UnsafeRawPointer($0.base) }
    bias = UnsafeRawPointer(packed.bias.base)
    gate_stride = shape.gateStride
  }
}
