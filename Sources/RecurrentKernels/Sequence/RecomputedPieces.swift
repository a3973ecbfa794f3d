import CRecurrentKernels

/// The activations of one piece after another, computed again in the same memory.
///
/// The hidden state of every step is known from the output, so the recurrent part of a piece is one product over all
/// its rows, as the input's part is: each output is the same chain of fused multiply-adds as the first time, and no step
/// waits for another. Only an LSTM's c goes from step to step.
struct RecomputedPieces {
  private let shape: CellShape
  private let reversed: Bool
  private let input: Operand
  private let output: AlignedMemory
  private let packed: PackedCell
  /// U in panels as W is.
  private let hiddenWeight: AlignedMemory
  private let table: KernelTable
  private let memory: FusedActivations

  /// - Parameter rows: those of the largest piece.
  init(
    _ parameters: CellParameters, _ shape: CellShape, rows: Int, reversed: Bool, input: Operand,
    output: AlignedMemory, before state: FusedState
  ) {
    self.shape = shape
    self.reversed = reversed
    self.input = input
    self.output = output
    table = .current(shape.dtype)
    packed = PackedCell(parameters, shape: shape)
    hiddenWeight = PackedCell.packGates(parameters.hiddenWeight, depth: shape.outputSize, shape, table)
    memory = FusedActivations(shape, rows: rows, before: state)
  }

  /// The activations of a piece, by the same operations as the first time: the same bits.
  func activations(of piece: SequencePiece, before state: FusedState) -> FusedActivations {
    var result = memory
    result.before = state
    // An RNN's derivative reads the output alone, but for a variant's.
    guard shape.hasCellState || shape.cell == .gru || shape.variant != nil else { return result }
    let blocks = RowBlock.blocks(of: piece, reversed: reversed)
    Parallel.run(tasks: blocks.count) { preactivations(blocks[$0], piece, state) }
    if shape.hasCellState || shape.variant == nil { activate(piece, state) }
    return result
  }

  // MARK: - Products

  private func preactivations(_ block: RowBlock, _ piece: SequencePiece, _ state: FusedState) {
    let width = shape.dtype.byteWidth
    let x = input.advanced(by: (piece.firstRow + block.row) * shape.inputSize)
    let inputRows = Rows(x.memory.base + x.offset * width, stride: shape.inputSize, depth: shape.inputSize)
    let hiddenRows =
      block.isInitial
      ? Rows(
        state.hidden.base + block.previous * shape.paddedOutput * width, stride: shape.paddedOutput,
        depth: shape.outputSize)
      : Rows(
        output.base + (piece.firstRow + block.previous) * shape.outputSize * width, stride: shape.outputSize,
        depth: shape.outputSize)
    if shape.resetsBeforeProduct {
      product(inputRows, packed.inputWeight, gates: 0..<2, into: 0, block, fromBias: true)
      product(inputRows, packed.inputWeight, gates: 2..<3, into: 3, block, fromBias: true)
      product(hiddenRows, hiddenWeight, gates: 0..<2, into: 0, block, fromBias: false)
      product(reset(hiddenRows, block), hiddenWeight, gates: 2..<3, into: 3, block, fromBias: false)
    } else if shape.cell == .gru {
      product(inputRows, packed.inputWeight, gates: 0..<2, into: 0, block, fromBias: true)
      product(inputRows, packed.inputWeight, gates: 2..<3, into: 3, block, fromBias: true)
      product(hiddenRows, hiddenWeight, gates: 0..<2, into: 0, block, fromBias: false)
      product(hiddenRows, hiddenWeight, gates: 2..<3, into: 2, block, fromBias: true)
    } else {
      let gates = 0..<shape.cell.gateCount
      product(inputRows, packed.inputWeight, gates: gates, into: 0, block, fromBias: true)
      product(hiddenRows, hiddenWeight, gates: gates, into: 0, block, fromBias: false)
    }
  }

  /// The rows of m = r h, which become slot 2 of the block's gates.
  private func reset(_ hidden: Rows, _ block: RowBlock) -> Rows {
    let gates = memory.gates.base + block.row * shape.gateStride * shape.dtype.byteWidth
    table.functions.reset(
      packed.variant!.pointer, shape.hiddenSize, hidden.base, hidden.stride, gates, shape.gateStride,
      block.count)
    return Rows(
      gates + 2 * shape.paddedHidden * shape.dtype.byteWidth, stride: shape.gateStride,
      depth: shape.hiddenSize)
  }

  /// Left rows of a product.
  private struct Rows {
    let base: UnsafeRawPointer
    let stride, depth: Int

    init(_ base: UnsafeMutableRawPointer, stride: Int, depth: Int) {
      self.base = UnsafeRawPointer(base)
      self.stride = stride
      self.depth = depth
    }
  }

  /// Goes on in the slots from `slot` on, or starts there from the bias.
  private func product(
    _ rows: Rows, _ weight: AlignedMemory, gates: Range<Int>, into slot: Int, _ block: RowBlock,
    fromBias: Bool
  ) {
    let (width, padded) = (shape.dtype.byteWidth, shape.paddedHidden)
    var call = crk_product()
    call.rows = block.count
    call.columns = gates.count * padded
    call.runs = 1
    call.run_length = rows.depth
    call.a = rows.base
    call.a_stride = rows.stride
    call.b = UnsafeRawPointer(weight.base + gates.lowerBound * padded * rows.depth * width)
    call.bias = UnsafeRawPointer(packed.bias.base + slot * padded * width)
    call.c = memory.gates.base + (block.row * shape.gateStride + slot * padded) * width
    call.c_stride = shape.gateStride
    call.start = fromBias ? Int32(CRK_FROM_BIAS) : Int32(CRK_FROM_C)
    table.functions.product(&call)
    withExtendedLifetime((self, weight)) {}
  }

  // MARK: - Activations

  private func activate(_ piece: SequencePiece, _ state: FusedState) {
    let cell = state.cell?.copy()
    var call = crk_activation()
    call.kind = shape.cell.code
    call.variant = packed.variant?.pointer
    call.hidden_size = shape.hiddenSize
    call.steps = piece.steps.stepCount
    call.reversed = reversed ? 1 : 0
    call.gates = memory.gates.base
    call.gate_stride = shape.gateStride
    call.c = cell?.base
    call.cells = memory.cells?.base
    piece.steps.withPointers { counts, offsets in
      call.counts = counts
      call.offsets = offsets
      let parts = Parallel.parts(piece.steps.batchSize, grain: 8)
      Parallel.run(tasks: parts) { part in
        let rows = piece.steps.rowRange(part, of: parts)
        withUnsafePointer(to: call) { table.functions.activate($0, rows.lowerBound, rows.upperBound) }
      }
    }
    withExtendedLifetime((self, cell)) {}
  }
}

/// Rows of a piece whose states before them stand one after the other too.
private struct RowBlock {
  /// The first row, within the piece.
  var row: Int
  var count: Int
  /// Where the state before the first row stands: a row of the output within the piece, or of the state before the piece.
  var previous: Int
  var isInitial: Bool

  /// Rows that are worth a call: those of A stay in the first cache.
  private static let most = 96

  static func blocks(of piece: SequencePiece, reversed: Bool) -> [RowBlock] {
    let steps = piece.steps
    var blocks: [RowBlock] = []
    for time in 0..<steps.stepCount {
      let (row, count, before) = (
        steps.offset(at: time), steps.count(at: time), reversed ? time + 1 : time - 1
      )
      let known = (0..<steps.stepCount).contains(before) ? min(count, steps.count(at: before)) : 0
      if known > 0 {
        let previous = steps.offset(at: before)
        blocks.append(RowBlock(row: row, count: known, previous: previous, isInitial: false))
      }
      if known < count {
        blocks.append(RowBlock(row: row + known, count: count - known, previous: known, isInitial: true))
      }
    }
    return joined(blocks).flatMap(\.cut)
  }

  /// Blocks that go on where the one before them ends are one.
  private static func joined(_ blocks: [RowBlock]) -> [RowBlock] {
    blocks.reduce(into: []) { result, next in
      guard let last = result.last, last.isInitial == next.isInitial, last.row + last.count == next.row,
        last.previous + last.count == next.previous
      else { return result.append(next) }
      result[result.count - 1].count += next.count
    }
  }

  private var cut: [RowBlock] {
    stride(from: 0, to: count, by: Self.most).map {
      RowBlock(
        row: row + $0, count: min(Self.most, count - $0), previous: previous + $0, isInitial: isInitial)
    }
  }
}
