import CRecurrentKernels

/// The derivatives that one direction of one layer passes on, in the layouts of what they belong to.
package struct FusedGradients {
  /// `[rows, I]`; nil if it was not asked for.
  package var input: AlignedMemory?
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
  /// is overwritten: it serves once. Without `needsInput` nothing is computed for the input, which costs as much as
  /// the gradient of its weights.
  package static func backward(
    _ parameters: CellParameters, shape: CellShape, steps: PackedSteps, reversed: Bool, input: Operand,
    output: AlignedMemory, tape: FusedTape, outputGradient: AlignedMemory?, hiddenGradient: AlignedMemory?,
    cellGradient: AlignedMemory?, needsInput: Bool = true
  ) -> FusedGradients {
    tape.spend()
    let pieces = steps.pieces(of: tape.pieceLength, reversed: reversed)
    let rows = pieces.reduce(0) { max($0, $1.steps.rowCount) }
    let pass = BackwardPass(
      parameters: parameters, shape: shape, steps: steps, reversed: reversed, input: input,
      outputGradient: outputGradient, hiddenGradient: hiddenGradient, cellGradient: cellGradient,
      largestPiece: rows, isCut: pieces.count > 1, needsInput: needsInput)
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
  let variant: VariantCall?
  /// `[rows, I]`
  let inputGradient: AlignedMemory?
  let inputWeight, hiddenWeight: SegmentedSum
  let inputBias, hiddenBias, projectionWeight: SegmentedSum?
  /// Of i, f and o.
  let peepholes: [SegmentedSum]

  init(
    parameters: CellParameters, shape: CellShape, steps: PackedSteps, reversed: Bool, input: Operand,
    outputGradient: AlignedMemory?, hiddenGradient: AlignedMemory?, cellGradient: AlignedMemory?,
    largestPiece rows: Int, isCut: Bool, needsInput: Bool
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
    weights = BackwardWeights(parameters, shape, table, needsInput: needsInput)
    let (dtype, hasProjection) = (shape.dtype, shape.projectionSize > 0)
    unprojected = hasProjection ? AlignedMemory(dtype, count: rows * shape.paddedHidden) : nil
    projectedGradient = hasProjection ? AlignedMemory(dtype, count: rows * shape.paddedOutput) : nil
    scratch =
      hasProjection || shape.resetsBeforeProduct
      ? AlignedMemory(dtype, count: steps.batchSize * shape.paddedHidden) : nil
    variant = VariantCall(parameters, shape)
    inputGradient =
      needsInput ? AlignedMemory(dtype, count: steps.rowCount * shape.inputSize, zeroed: false) : nil

    let gates = shape.cell.gateCount * shape.hiddenSize
    func sum(_ count: Int) -> SegmentedSum { SegmentedSum(dtype, count: count, isCut: isCut) }
    inputWeight = sum(gates * shape.inputSize)
    hiddenWeight = sum(gates * shape.outputSize)
    inputBias = parameters.inputBias.map { _ in sum(gates) }
    hiddenBias = shape.sharesBiasGradient ? inputBias : parameters.hiddenBias.map { _ in sum(gates) }
    projectionWeight = parameters.projectionWeight.map { _ in sum(shape.projectionSize * shape.hiddenSize) }
    peepholes = parameters.peephole == nil ? [] : (0..<3).map { _ in sum(shape.hiddenSize) }
  }

  func undo(_ piece: SequencePiece, _ activations: FusedActivations, _ output: Operand) {
    walk(piece, activations, output)
    // One region of threads for all products: the large ones first, so that small ones fill the end.
    let order = BackwardRows(piece.steps, reversed: reversed)
    let tasks =
      weightGradients(piece, activations, output, order) + inputGradients(piece, activations)
      + biasGradients(piece, activations.gates, order.order) + peepholeGradients(piece, activations, order)
    if isWorthThreads(piece) {
      Parallel.run(tasks: tasks.count) { tasks[$0]() }
    } else {
      for task in tasks { task() }
    }
  }

  /// Whether a piece's products take longer than it takes to wake a thread: some tens of microseconds.
  private func isWorthThreads(_ piece: SequencePiece) -> Bool {
    let columns = shape.inputSize + shape.outputSize
    return piece.steps.rowCount * shape.cell.gateCount * shape.hiddenSize * columns > 1 << 19
  }

  func gradients() -> FusedGradients {
    FusedGradients(
      input: inputGradient,
      hidden: FusedSequence.unpadded(hidden, shape.outputSize, shape, steps.batchSize),
      cell: cell.map { FusedSequence.unpadded($0, shape.hiddenSize, shape, steps.batchSize) },
      parameters: CellParameters(
        inputWeight: inputWeight.sum, hiddenWeight: hiddenWeight.sum, inputBias: inputBias?.sum,
        hiddenBias: shape.sharesBiasGradient ? inputBias?.sum.copy() : hiddenBias?.sum,
        projectionWeight: projectionWeight?.sum, peephole: peepholeGradient))
  }

  private var peepholeGradient: AlignedMemory? {
    guard !peepholes.isEmpty else { return nil }
    let bytes = shape.hiddenSize * shape.dtype.byteWidth
    let all = AlignedMemory(byteCount: 3 * bytes)
    for (index, part) in peepholes.enumerated() {
      all.copyBytes(from: part.sum, toByte: index * bytes, byteCount: bytes)
    }
    return all
  }

  // MARK: - Through time

  private func walk(_ piece: SequencePiece, _ activations: FusedActivations, _ output: Operand) {
    let width = shape.dtype.byteWidth
    func gradientRows(_ row: Int) -> UnsafeRawPointer? {
      outputGradient.map { UnsafeRawPointer($0.base + row * shape.outputSize * width) }
    }
    var call = crk_backward()
    call.kind = shape.cell.code
    call.variant = variant?.pointer
    call.hidden_size = shape.hiddenSize
    call.projection_size = shape.projectionSize
    call.steps = piece.steps.stepCount
    call.reversed = reversed ? 1 : 0
    call.ut = UnsafeRawPointer(weights.hidden.base)
    call.ut_candidate = weights.candidate.map { UnsafeRawPointer($0.base) }
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
    runRows(call, piece.steps, atLeast: isWorthThreads(piece) ? 2 : 8)
    withExtendedLifetime((activations, output)) {}
  }

  private func runRows(_ call: crk_backward, _ steps: PackedSteps, atLeast rowsPerThread: Int) {
    var call = call
    steps.withPointers { counts, offsets in
      call.counts = counts
      call.offsets = offsets
      let parts = Parallel.parts(steps.batchSize, grain: rowsPerThread)
      Parallel.run(tasks: parts) { part in
        let rows = steps.rowRange(part, of: parts)
        withUnsafePointer(to: call) { table.functions.backward($0, rows.lowerBound, rows.upperBound) }
      }
    }
    withExtendedLifetime(self) {}
  }

  // MARK: - Over the rows of a piece

  /// dx = dz W: one ascending chain over the gates' rows, part by part.
  private func inputGradients(_ piece: SequencePiece, _ activations: FusedActivations) -> [() -> Void] {
    guard let inputGradient else { return [] }
    // More parts than threads, which fill what is left where other tasks are uneven.
    let parts =
      Parallel.threadCount > 1 ? max(1, min(4 * Parallel.threadCount, piece.steps.rowCount / 96)) : 1
    return (0..<parts).map { part in
      let rows = Parallel.range(part, of: parts, count: piece.steps.rowCount)
      return {
        for (gates, weight) in zip(shape.inputParts, weights.input) {
          var call = inputProduct(gates, rows, activations, weight)
          call.c =
            inputGradient.base + (piece.firstRow + rows.lowerBound) * shape.inputSize * shape.dtype.byteWidth
          table.functions.product(&call)
        }
        withExtendedLifetime((activations, inputGradient)) {}
      }
    }
  }

  private func inputProduct(
    _ gates: GatePart, _ rows: Range<Int>, _ activations: FusedActivations, _ weight: AlignedMemory
  ) -> crk_product {
    let first = rows.lowerBound * shape.gateStride + gates.slot * shape.paddedHidden
    var call = crk_product()
    call.rows = rows.count
    call.columns = shape.inputSize
    call.runs = gates.count
    call.run_length = shape.hiddenSize
    call.run_stride = shape.paddedHidden
    call.a = UnsafeRawPointer(activations.gates.base + first * shape.dtype.byteWidth)
    call.a_stride = shape.gateStride
    call.b = UnsafeRawPointer(weight.base)
    call.c_stride = shape.inputSize
    call.start = gates.gate == 0 ? Int32(CRK_FROM_ZERO) : Int32(CRK_FROM_C)
    return call
  }

  /// Where a sum goes on, its part from element `offset` on.
  private func place(_ total: SegmentedSum, _ piece: SequencePiece, offset: Int) -> crk_piece {
    crk_piece(
      rank: piece.rank, more: piece.rank + piece.steps.rowCount < steps.rowCount ? 1 : 0,
      open: total.open.map { $0.base + offset * shape.dtype.byteWidth })
  }

  /// dW and dU `[G * H, columns]`, and the projection's `[P, H]`.
  private func weightGradients(
    _ piece: SequencePiece, _ activations: FusedActivations, _ output: Operand, _ rows: BackwardRows
  ) -> [() -> Void] {
    let x = input.advanced(by: piece.firstRow * shape.inputSize)
    let oneHot = OneHotRows(x, rows: piece.steps.rowCount, columns: shape.inputSize, shape.dtype)
    let tasks = shape.gradientParts.flatMap { part in
      var products: [GradientProduct] = []
      if part.ofInput {
        products.append(
          weightGradient(
            inputWeight, part.gates, piece, activations, columns: shape.inputSize, x, rows, rows.order))
        products[0].call.one_hot = oneHot?.pointer
      }
      if part.ofHidden {
        let product = weightGradient(
          hiddenWeight, part.gates, piece, activations, columns: shape.outputSize, output, rows, rows.previous
        )
        products.append(
          shape.resetsBeforeProduct && part.gates.gate == 2 ? ofReset(product, activations, rows) : product)
      }
      // A sum over one-hot rows shares nothing with a product.
      return oneHot == nil
        ? GradientProduct.tasks(products, shape.dtype)
        : products.flatMap { GradientProduct.tasks([$0], shape.dtype) }
    }
    let kept = (self, activations, output, oneHot)
    return (tasks + projectionGradient(piece, rows.order)).map { task in
      {
        task()
        withExtendedLifetime(kept) {}
      }
    }
  }

  /// The same where h was reset first: the rows are those of m = r h, slot 2 of the gates.
  private func ofReset(
    _ product: GradientProduct, _ activations: FusedActivations, _ rows: BackwardRows
  ) -> GradientProduct {
    var product = product
    let place = 2 * shape.paddedHidden * shape.dtype.byteWidth
    product.call.b = UnsafeRawPointer(activations.gates.base + place)
    product.call.b_stride = shape.gateStride
    product.bRows = rows.order
    return product
  }

  private func weightGradient(
    _ total: SegmentedSum, _ gates: GatePart, _ piece: SequencePiece, _ activations: FusedActivations,
    columns: Int,
    _ b: Operand, _ rows: BackwardRows, _ bRows: [Int]
  ) -> GradientProduct {
    let width = shape.dtype.byteWidth
    let offset = gates.gate * shape.hiddenSize * columns
    var call = crk_gradient()
    call.run_length = shape.hiddenSize
    call.run_stride = shape.paddedHidden
    call.a = UnsafeRawPointer(activations.gates.base + gates.slot * shape.paddedHidden * width)
    call.a_stride = shape.gateStride
    call.b = UnsafeRawPointer(b.memory.base + b.offset * width)
    call.b_stride = columns
    call.first = UnsafeRawPointer(activations.before.hidden.base)
    call.first_stride = shape.paddedOutput
    call.columns = columns
    call.c = total.sum.base + offset * width
    call.c_stride = columns
    call.piece = place(total, piece, offset: offset)
    return GradientProduct(
      call: call, outputs: gates.count * shape.hiddenSize, rows: piece.steps.rowCount, aRows: rows.order,
      bRows: bRows)
  }

  /// dW_hr `[P, H]` = sum over rows of dh and o * tanh(c).
  private func projectionGradient(_ piece: SequencePiece, _ order: [Int]) -> [() -> Void] {
    guard let total = projectionWeight else { return [] }
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
    let product = GradientProduct(
      call: call, outputs: shape.projectionSize, rows: piece.steps.rowCount, aRows: order, bRows: order)
    return GradientProduct.tasks([product], shape.dtype)
  }

  /// Sums of the gates' derivatives, gate by gate.
  private func biasGradients(_ piece: SequencePiece, _ gates: AlignedMemory, _ order: [Int]) -> [() -> Void] {
    let input = inputBias.map { biasGradient($0, shape.inputParts, piece, gates, order) } ?? []
    guard !shape.sharesBiasGradient, let hiddenBias else { return input }
    return input + biasGradient(hiddenBias, shape.hiddenParts, piece, gates, order)
  }

  private func biasGradient(
    _ total: SegmentedSum, _ parts: [GatePart], _ piece: SequencePiece, _ gates: AlignedMemory, _ order: [Int]
  ) -> [() -> Void] {
    let width = shape.dtype.byteWidth
    return parts.flatMap { part in
      (0..<part.count).map { gate in
        {
          let offset = (part.gate + gate) * shape.hiddenSize
          var place = place(total, piece, offset: offset)
          order.withUnsafeBufferPointer { order in
            table.functions.column_sums(
              gates.base + (part.slot + gate) * shape.paddedHidden * width, shape.gateStride,
              order.baseAddress,
              order.count, &place, total.sum.base + offset * width, shape.hiddenSize)
          }
          withExtendedLifetime((gates, total)) {}
        }
      }
    }
  }

  /// Of i and f, sums of dz and the c before; of o, of dz and c.
  private func peepholeGradients(
    _ piece: SequencePiece, _ activations: FusedActivations, _ rows: BackwardRows
  ) -> [() -> Void] {
    guard let cells = activations.cells, let before = activations.before.cell else { return [] }
    return zip(peepholes, [0, 1, 3]).map { total, slot in
      var call = crk_gradient()
      call.a = UnsafeRawPointer(
        activations.gates.base + slot * shape.paddedHidden * shape.dtype.byteWidth)
      call.a_stride = shape.gateStride
      call.b = UnsafeRawPointer(cells.base)
      call.b_stride = shape.paddedHidden
      call.first = UnsafeRawPointer(before.base)
      call.first_stride = shape.paddedHidden
      call.columns = shape.hiddenSize
      call.c = total.sum.base
      call.piece = place(total, piece, offset: 0)
      let product = GradientProduct(
        call: call, outputs: shape.hiddenSize, rows: piece.steps.rowCount, aRows: rows.order,
        bRows: slot == 3 ? rows.order : rows.previous)
      return {
        product.runDiagonal(table)
        withExtendedLifetime((activations, total)) {}
      }
    }
  }
}
