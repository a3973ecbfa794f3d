import CRecurrentKernels

/// The derivatives that one direction of one layer passes on, in the layouts of what they belong to.
package struct FusedGradients {
  /// `[rows, I]`
  package var input: AlignedMemory
  /// `[N, H_out]`
  package var hidden: AlignedMemory
  /// `[N, H]`, LSTM only.
  package var cell: AlignedMemory?
  package var parameters: CellParameters
}

extension FusedSequence {
  /// The derivative of ``forward(_:steps:reversed:input:hidden:cell:saving:pieceLength:chunk:)``.
  ///
  /// Piece by piece, the last one first: the sequential part walks the steps backwards and leaves the derivatives of all
  /// pre-activations; the gradients of input and weights are large products over the piece's rows afterwards. The tape
  /// is overwritten: it serves once.
  package static func backward(
    _ parameters: CellParameters, shape: CellShape, steps: PackedSteps, reversed: Bool, input: Operand,
    output: AlignedMemory, tape: FusedTape, outputGradient: AlignedMemory?, hiddenGradient: AlignedMemory?,
    cellGradient: AlignedMemory?
  ) -> FusedGradients {
    tape.spend()
    let pieces = steps.pieces(of: tape.pieceLength, reversed: reversed)
    let rows = pieces.reduce(0) { max($0, $1.steps.rowCount) }
    let pass = BackwardPass(
      parameters: parameters, shape: shape, steps: steps, reversed: reversed, input: input,
      outputGradient: outputGradient, hiddenGradient: hiddenGradient, cellGradient: cellGradient,
      largestPiece: rows, isCut: pieces.count > 1)
    let again = tape.states.first.map {
      RecomputedPieces(
        parameters, shape, rows: rows, reversed: reversed, input: input, output: output, before: $0)
    }
    for (index, piece) in pieces.enumerated().reversed() {
      let activations = again?.activations(of: piece, before: tape.states[index]) ?? tape.activations!
      pass.undo(piece, activations, Operand(output, offset: piece.firstRow * shape.outputSize))
    }
    return pass.gradients()
  }
}

/// One derivative of a sequence: for each piece the walk back through time, then the products over its rows.
private struct BackwardPass {
  let parameters: CellParameters
  let shape: CellShape
  let steps: PackedSteps
  let reversed: Bool
  let input: Operand
  let outputGradient: AlignedMemory?
  let table: KernelTable
  /// The derivative of the state after the piece that comes next; at last of the initial one.
  let hidden: AlignedMemory
  let cell: AlignedMemory?
  let weights: BackwardWeights
  /// With a projection: `o * tanh(c)` and the derivative of h, of a piece's rows; and one step's derivative of `o * tanh(c)`.
  let unprojected: AlignedMemory?
  let projectedGradient: AlignedMemory?
  let scratch: AlignedMemory?
  /// `[rows, I]`
  let inputGradient: AlignedMemory
  let inputWeight, hiddenWeight: SegmentedSum
  let inputBias, hiddenBias, projectionWeight: SegmentedSum?

  init(
    parameters: CellParameters, shape: CellShape, steps: PackedSteps, reversed: Bool, input: Operand,
    outputGradient: AlignedMemory?, hiddenGradient: AlignedMemory?, cellGradient: AlignedMemory?,
    largestPiece rows: Int, isCut: Bool
  ) {
    self.parameters = parameters
    self.shape = shape
    self.steps = steps
    self.reversed = reversed
    self.input = input
    self.outputGradient = outputGradient
    table = .current(shape.dtype)
    hidden = FusedSequence.padded(hiddenGradient, shape.outputSize, shape, steps.batchSize)
    cell =
      shape.hasCellState
      ? FusedSequence.padded(cellGradient, shape.hiddenSize, shape, steps.batchSize) : nil
    weights = BackwardWeights(parameters, shape, table)
    let (dtype, hasProjection) = (shape.dtype, shape.projectionSize > 0)
    unprojected = hasProjection ? AlignedMemory(dtype, count: rows * shape.paddedHidden) : nil
    projectedGradient = hasProjection ? AlignedMemory(dtype, count: rows * shape.paddedOutput) : nil
    scratch = hasProjection ? AlignedMemory(dtype, count: steps.batchSize * shape.paddedHidden) : nil
    inputGradient = AlignedMemory(dtype, count: steps.rowCount * shape.inputSize, zeroed: false)

    let gates = shape.cell.gateCount * shape.hiddenSize
    func sum(_ count: Int) -> SegmentedSum { SegmentedSum(dtype, count: count, isCut: isCut) }
    inputWeight = sum(gates * shape.inputSize)
    hiddenWeight = sum(gates * shape.outputSize)
    inputBias = parameters.inputBias.map { _ in sum(gates) }
    hiddenBias = parameters.hiddenBias.map { _ in sum(gates) }
    projectionWeight = parameters.projectionWeight.map { _ in sum(shape.projectionSize * shape.hiddenSize) }
  }

  func undo(_ piece: SequencePiece, _ activations: FusedActivations, _ output: Operand) {
    walk(piece, activations, output)
    takeInputGradient(piece, activations)
    sumWeightGradients(piece, activations, output)
  }

  func gradients() -> FusedGradients {
    FusedGradients(
      input: inputGradient,
      hidden: FusedSequence.unpadded(hidden, shape.outputSize, shape, steps.batchSize),
      cell: cell.map { FusedSequence.unpadded($0, shape.hiddenSize, shape, steps.batchSize) },
      parameters: CellParameters(
        inputWeight: inputWeight.sum, hiddenWeight: hiddenWeight.sum, inputBias: inputBias?.sum,
        hiddenBias: hiddenBias?.sum, projectionWeight: projectionWeight?.sum))
  }

  // MARK: - Through time

  private func walk(_ piece: SequencePiece, _ activations: FusedActivations, _ output: Operand) {
    let width = shape.dtype.byteWidth
    func gradientRows(_ row: Int) -> UnsafeRawPointer? {
      outputGradient.map { UnsafeRawPointer($0.base + row * shape.outputSize * width) }
    }
    var call = crk_backward()
    call.kind = shape.cell.code
    call.hidden_size = shape.hiddenSize
    call.projection_size = shape.projectionSize
    call.steps = piece.steps.stepCount
    call.reversed = reversed ? 1 : 0
    call.ut = UnsafeRawPointer(weights.hidden.base)
    call.pt = weights.projection.map { UnsafeRawPointer($0.base) }
    call.y = UnsafeRawPointer(output.memory.base + output.offset * width)
    call.y_stride = shape.outputSize
    call.h0 = UnsafeRawPointer(activations.before.hidden.base)
    call.c0 = activations.before.cell.map { UnsafeRawPointer($0.base) }
    call.dy = gradientRows(piece.firstRow)
    call.dy_stride = shape.outputSize
    call.rows_after = piece.rowsAfter
    call.rows_before = piece.rowsBefore
    call.dy_before = gradientRows(piece.rowBefore)
    call.dh = hidden.base
    call.dc = cell?.base
    call.gates = activations.gates.base
    call.gate_stride = shape.gateStride
    call.cells = activations.cells.map { UnsafeRawPointer($0.base) }
    call.m = unprojected?.base
    call.dm = scratch?.base
    call.dp = projectedGradient?.base
    runRows(call, piece.steps)
    withExtendedLifetime((activations, output)) {}
  }

  private func runRows(_ call: crk_backward, _ steps: PackedSteps) {
    var call = call
    steps.withPointers { counts, offsets in
      call.counts = counts
      call.offsets = offsets
      let parts = Parallel.parts(steps.batchSize, grain: 8)
      Parallel.run(tasks: parts) { part in
        let rows = Parallel.range(part, of: parts, count: steps.batchSize)
        withUnsafePointer(to: call) { table.functions.backward($0, rows.lowerBound, rows.upperBound) }
      }
    }
    withExtendedLifetime(self) {}
  }

  // MARK: - Over the rows of a piece

  /// dx = dz W: one ascending chain over the gates' rows, part by part.
  private func takeInputGradient(_ piece: SequencePiece, _ activations: FusedActivations) {
    let (width, size) = (shape.dtype.byteWidth, shape.inputSize)
    for (part, weight) in zip(shape.inputParts, weights.input) {
      let parts = Parallel.parts(piece.steps.rowCount, grain: 48)
      Parallel.run(tasks: parts) { task in
        let rows = Parallel.range(task, of: parts, count: piece.steps.rowCount)
        var call = crk_product()
        call.rows = rows.count
        call.columns = size
        call.runs = part.count
        call.run_length = shape.hiddenSize
        call.run_stride = shape.paddedHidden
        call.a = UnsafeRawPointer(
          activations.gates.base + (rows.lowerBound * shape.gateStride + part.slot * shape.paddedHidden)
            * width)
        call.a_stride = shape.gateStride
        call.b = UnsafeRawPointer(weight.base)
        call.c = inputGradient.base + (piece.firstRow + rows.lowerBound) * size * width
        call.c_stride = size
        call.start = part.gate == 0 ? Int32(CRK_FROM_ZERO) : Int32(CRK_FROM_C)
        table.functions.product(&call)
      }
    }
    withExtendedLifetime(activations) {}
  }

  private func sumWeightGradients(_ piece: SequencePiece, _ activations: FusedActivations, _ output: Operand)
  {
    let rows = BackwardRows(piece.steps, reversed: reversed)
    let gates = activations.gates
    weightGradient(
      inputWeight, shape.inputParts, piece, gates, columns: shape.inputSize, rows.order,
      b: input.advanced(by: piece.firstRow * shape.inputSize), rows.order)
    weightGradient(
      hiddenWeight, shape.hiddenParts, piece, gates, columns: shape.outputSize, rows.order, b: output,
      rows.previous, activations.before.hidden)
    if let inputBias { biasGradient(inputBias, shape.inputParts, piece, gates, rows.order) }
    if let hiddenBias { biasGradient(hiddenBias, shape.hiddenParts, piece, gates, rows.order) }
    if let projectionWeight { projectionGradient(projectionWeight, piece, rows.order) }
  }

  /// Where a sum goes on, its part from element `offset` on.
  private func place(_ total: SegmentedSum, _ piece: SequencePiece, offset: Int) -> crk_piece {
    crk_piece(
      rank: piece.rank, more: piece.rank + piece.steps.rowCount < steps.rowCount ? 1 : 0,
      open: total.open.map { $0.base + offset * shape.dtype.byteWidth })
  }

  /// dW or dU `[G * H, columns]`, one part of the gates after another.
  private func weightGradient(
    _ total: SegmentedSum, _ parts: [GatePart], _ piece: SequencePiece, _ gates: AlignedMemory, columns: Int,
    _ order: [Int], b: Operand, _ bRows: [Int], _ first: AlignedMemory? = nil
  ) {
    let width = shape.dtype.byteWidth
    for part in parts {
      let offset = part.gate * shape.hiddenSize * columns
      var call = crk_gradient()
      call.run_length = shape.hiddenSize
      call.run_stride = shape.paddedHidden
      call.a = UnsafeRawPointer(gates.base + part.slot * shape.paddedHidden * width)
      call.a_stride = shape.gateStride
      call.b = UnsafeRawPointer(b.memory.base + b.offset * width)
      call.b_stride = columns
      call.first = first.map { UnsafeRawPointer($0.base) }
      call.first_stride = shape.paddedOutput
      call.columns = columns
      call.c = total.sum.base + offset * width
      call.c_stride = columns
      call.piece = place(total, piece, offset: offset)
      GradientProduct.run(
        call, outputs: part.count * shape.hiddenSize, rows: piece.steps.rowCount, aRows: order, bRows: bRows,
        shape.dtype)
    }
    withExtendedLifetime((gates, b, first, total)) {}
  }

  /// dW_hr `[P, H]` = sum over rows of dh and o * tanh(c).
  private func projectionGradient(_ total: SegmentedSum, _ piece: SequencePiece, _ order: [Int]) {
    var call = crk_gradient()
    call.run_length = shape.projectionSize
    call.run_stride = shape.paddedOutput
    call.a = UnsafeRawPointer(projectedGradient!.base)
    call.a_stride = shape.paddedOutput
    call.b = UnsafeRawPointer(unprojected!.base)
    call.b_stride = shape.paddedHidden
    call.columns = shape.hiddenSize
    call.c = total.sum.base
    call.c_stride = shape.hiddenSize
    call.piece = place(total, piece, offset: 0)
    GradientProduct.run(
      call, outputs: shape.projectionSize, rows: piece.steps.rowCount, aRows: order, bRows: order, shape.dtype
    )
    withExtendedLifetime(total) {}
  }

  private func biasGradient(
    _ total: SegmentedSum, _ parts: [GatePart], _ piece: SequencePiece, _ gates: AlignedMemory, _ order: [Int]
  ) {
    let width = shape.dtype.byteWidth
    for part in parts {
      for gate in 0..<part.count {
        let offset = (part.gate + gate) * shape.hiddenSize
        var place = place(total, piece, offset: offset)
        order.withUnsafeBufferPointer { order in
          table.functions.column_sums(
            gates.base + (part.slot + gate) * shape.paddedHidden * width, shape.gateStride, order.baseAddress,
            order.count, &place, total.sum.base + offset * width, shape.hiddenSize)
        }
      }
    }
    withExtendedLifetime((gates, total)) {}
  }
}
