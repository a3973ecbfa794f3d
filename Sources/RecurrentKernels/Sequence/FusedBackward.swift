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
  /// The derivative of ``forward(_:steps:reversed:input:hidden:cell:saving:chunk:)``.
  ///
  /// The sequential part walks the steps backwards and leaves the derivatives of all pre-activations; the gradients of
  /// input and weights are large products over all rows afterwards. The tape is overwritten: it serves once.
  package static func backward(
    _ parameters: CellParameters, shape: CellShape, steps: PackedSteps, reversed: Bool, input: Operand,
    output: AlignedMemory, tape: FusedTape, outputGradient: AlignedMemory?, hiddenGradient: AlignedMemory?,
    cellGradient: AlignedMemory?
  ) -> FusedGradients {
    precondition(!tape.isSpent, "FusedSequence.backward: the tape of a forward pass serves one derivative")
    tape.isSpent = true
    let pass = BackwardPass(
      parameters: parameters, shape: shape, steps: steps, reversed: reversed, input: input, output: output,
      tape: tape, hiddenGradient: hiddenGradient, cellGradient: cellGradient)
    pass.walk(outputGradient)
    return pass.gradients()
  }
}

/// One derivative of a sequence: the walk back through time, then the products over all rows.
private struct BackwardPass {
  let parameters: CellParameters
  let shape: CellShape
  let steps: PackedSteps
  let reversed: Bool
  let input: Operand
  let output: AlignedMemory
  let tape: FusedTape
  let table: KernelTable
  /// The derivative of the final state, and after the walk of the initial one.
  let hidden: AlignedMemory
  let cell: AlignedMemory?
  /// With a projection: `o * tanh(c)` and the derivative of h, of all rows.
  let unprojected: AlignedMemory?
  let projectedGradient: AlignedMemory?

  init(
    parameters: CellParameters, shape: CellShape, steps: PackedSteps, reversed: Bool, input: Operand,
    output: AlignedMemory, tape: FusedTape, hiddenGradient: AlignedMemory?, cellGradient: AlignedMemory?
  ) {
    self.parameters = parameters
    self.shape = shape
    self.steps = steps
    self.reversed = reversed
    self.input = input
    self.output = output
    self.tape = tape
    table = .current(shape.dtype)
    hidden = FusedSequence.padded(hiddenGradient, shape.outputSize, shape, steps.batchSize)
    cell =
      shape.hasCellState
      ? FusedSequence.padded(cellGradient, shape.hiddenSize, shape, steps.batchSize) : nil
    let hasProjection = shape.projectionSize > 0
    unprojected = hasProjection ? AlignedMemory(shape.dtype, count: steps.rowCount * shape.paddedHidden) : nil
    projectedGradient =
      hasProjection ? AlignedMemory(shape.dtype, count: steps.rowCount * shape.paddedOutput) : nil
  }

  // MARK: - Through time

  func walk(_ outputGradient: AlignedMemory?) {
    let gates = shape.cell.gateCount * shape.hiddenSize
    let transposed = Packing.columns(
      parameters.hiddenWeight, columns: shape.outputSize, depth: gates, shape.dtype, table)
    let projection = parameters.projectionWeight.map {
      Packing.columns($0, columns: shape.hiddenSize, depth: shape.projectionSize, shape.dtype, table)
    }
    let scratch =
      shape.projectionSize > 0 ? AlignedMemory(shape.dtype, count: steps.batchSize * shape.paddedHidden) : nil

    var call = crk_backward()
    call.kind = shape.cell.code
    call.hidden_size = shape.hiddenSize
    call.projection_size = shape.projectionSize
    call.steps = steps.counts.count
    call.reversed = reversed ? 1 : 0
    call.ut = UnsafeRawPointer(transposed.base)
    call.pt = projection.map { UnsafeRawPointer($0.base) }
    call.y = UnsafeRawPointer(output.base)
    call.y_stride = shape.outputSize
    call.h0 = UnsafeRawPointer(tape.initialHidden.base)
    call.c0 = tape.initialCell.map { UnsafeRawPointer($0.base) }
    call.dy = outputGradient.map { UnsafeRawPointer($0.base) }
    call.dy_stride = shape.outputSize
    call.dh = hidden.base
    call.dc = cell?.base
    call.gates = tape.gates.base
    call.gate_stride = shape.gateStride
    call.cells = tape.cells.map { UnsafeRawPointer($0.base) }
    call.m = unprojected?.base
    call.dm = scratch?.base
    call.dp = projectedGradient?.base
    runRows(call)
    withExtendedLifetime((transposed, projection, scratch, outputGradient)) {}
  }

  private func runRows(_ call: crk_backward) {
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

  // MARK: - Over all rows

  func gradients() -> FusedGradients {
    let rows = BackwardRows(steps, reversed: reversed)
    let (order, previous) = (rows.order, rows.previous)
    let first = (tape.initialHidden, shape.paddedOutput)
    let inputWeight = weightGradient(
      shape.inputParts, columns: shape.inputSize, order, b: (input, shape.inputSize), order)
    let hiddenWeight = weightGradient(
      shape.hiddenParts, columns: shape.outputSize, order, b: (Operand(output), shape.outputSize), previous,
      first)
    let result = CellParameters(
      inputWeight: inputWeight, hiddenWeight: hiddenWeight,
      inputBias: parameters.inputBias.map { _ in biasGradient(shape.inputParts, order) },
      hiddenBias: parameters.hiddenBias.map { _ in biasGradient(shape.hiddenParts, order) },
      projectionWeight: parameters.projectionWeight.map { _ in projectionGradient(order) })
    return FusedGradients(
      input: inputGradient(),
      hidden: FusedSequence.unpadded(hidden, shape.outputSize, shape, steps.batchSize),
      cell: cell.map { FusedSequence.unpadded($0, shape.hiddenSize, shape, steps.batchSize) },
      parameters: result)
  }

  /// dx = dz W: one ascending chain over the gates' rows, part by part.
  private func inputGradient() -> AlignedMemory {
    let (width, size) = (shape.dtype.byteWidth, shape.inputSize)
    let result = AlignedMemory(shape.dtype, count: steps.rowCount * size, zeroed: false)
    for part in shape.inputParts {
      let depth = part.count * shape.hiddenSize
      let weight = Packing.columns(
        parameters.inputWeight, offset: part.gate * shape.hiddenSize * size, columns: size, depth: depth,
        shape.dtype,
        table)
      let parts = Parallel.parts(steps.rowCount, grain: 48)
      Parallel.run(tasks: parts) { task in
        let rows = Parallel.range(task, of: parts, count: steps.rowCount)
        var call = crk_product()
        call.rows = rows.count
        call.columns = size
        call.runs = part.count
        call.run_length = shape.hiddenSize
        call.run_stride = shape.paddedHidden
        call.a = UnsafeRawPointer(
          tape.gates.base + (rows.lowerBound * shape.gateStride + part.slot * shape.paddedHidden) * width)
        call.a_stride = shape.gateStride
        call.b = UnsafeRawPointer(weight.base)
        call.c = result.base + rows.lowerBound * size * width
        call.c_stride = size
        call.start = part.gate == 0 ? Int32(CRK_FROM_ZERO) : Int32(CRK_FROM_C)
        table.functions.product(&call)
      }
      withExtendedLifetime(weight) {}
    }
    return result
  }

  /// dW or dU `[G * H, columns]`, one part of the gates after another.
  private func weightGradient(
    _ parts: [GatePart], columns: Int, _ order: [Int], b: (rows: Operand, stride: Int), _ bRows: [Int],
    _ first: (memory: AlignedMemory, stride: Int)? = nil
  ) -> AlignedMemory {
    let result = AlignedMemory(shape.dtype, count: shape.cell.gateCount * shape.hiddenSize * columns)
    for part in parts {
      var call = crk_gradient()
      call.run_length = shape.hiddenSize
      call.run_stride = shape.paddedHidden
      call.a = UnsafeRawPointer(tape.gates.base + part.slot * shape.paddedHidden * shape.dtype.byteWidth)
      call.a_stride = shape.gateStride
      call.b = UnsafeRawPointer(b.rows.memory.base + b.rows.offset * shape.dtype.byteWidth)
      call.b_stride = b.stride
      call.first = first.map { UnsafeRawPointer($0.memory.base) }
      call.first_stride = first?.stride ?? 0
      call.columns = columns
      call.c = result.base + part.gate * shape.hiddenSize * columns * shape.dtype.byteWidth
      call.c_stride = columns
      GradientProduct.run(
        call, outputs: part.count * shape.hiddenSize, rows: steps.rowCount, aRows: order, bRows: bRows,
        shape.dtype)
    }
    withExtendedLifetime((b.rows, first?.memory)) {}
    return result
  }

  /// dW_hr `[P, H]` = sum over rows of dh and o * tanh(c).
  private func projectionGradient(_ order: [Int]) -> AlignedMemory {
    let result = AlignedMemory(shape.dtype, count: shape.projectionSize * shape.hiddenSize)
    var call = crk_gradient()
    call.run_length = shape.projectionSize
    call.run_stride = shape.paddedOutput
    call.a = UnsafeRawPointer(projectedGradient!.base)
    call.a_stride = shape.paddedOutput
    call.b = UnsafeRawPointer(unprojected!.base)
    call.b_stride = shape.paddedHidden
    call.columns = shape.hiddenSize
    call.c = result.base
    call.c_stride = shape.hiddenSize
    GradientProduct.run(
      call, outputs: shape.projectionSize, rows: steps.rowCount, aRows: order, bRows: order, shape.dtype)
    return result
  }

  private func biasGradient(_ parts: [GatePart], _ order: [Int]) -> AlignedMemory {
    let result = AlignedMemory(shape.dtype, count: shape.cell.gateCount * shape.hiddenSize)
    let width = shape.dtype.byteWidth
    for part in parts {
      for gate in 0..<part.count {
        order.withUnsafeBufferPointer { order in
          table.functions.column_sums(
            tape.gates.base + (part.slot + gate) * shape.paddedHidden * width, shape.gateStride,
            order.baseAddress,
            steps.rowCount, result.base + (part.gate + gate) * shape.hiddenSize * width, shape.hiddenSize)
        }
      }
    }
    return result
  }
}

/// The packed rows in the order that back-propagation through time meets them.
private struct BackwardRows {
  /// `order[r]` is the packed row of rank r.
  let order: [Int]
  /// `previous[r]` is the row of the step before it, or `~b` where that is row b of the initial state.
  let previous: [Int]

  init(_ steps: PackedSteps, reversed: Bool) {
    var order = [Int](repeating: 0, count: steps.rowCount)
    var previous = order
    steps.withPointers { counts, offsets in
      crk_bptt_rows(steps.counts.count, counts, offsets, reversed ? 1 : 0, &order, &previous)
    }
    self.order = order
    self.previous = previous
  }
}

/// Weight gradients: sums over rows, shared among threads by outputs.
enum GradientProduct {
  /// Outputs that are worth a thread of their own; whole blocks of the kernel's transposition.
  private static let grain = 48

  static func run(
    _ call: crk_gradient, outputs: Int, rows: Int, aRows: [Int]?, bRows: [Int]?, _ dtype: DType
  ) {
    guard rows > 0, call.columns > 0 else { return }
    let table = KernelTable.current(dtype)
    let parts = Parallel.parts(outputs, grain: grain)
    let scratch = (0..<parts).map { _ in
      AlignedMemory(dtype, count: crk_gradient_scratch(call.columns), zeroed: false)
    }
    withRows(aRows) { aRows in
      withRows(bRows) { bRows in
        Parallel.run(tasks: parts) { part in
          let range = Parallel.range(part, of: parts, count: outputs)
          var call = call
          call.rows = rows
          call.a_rows = aRows
          call.b_rows = bRows
          call.from = range.lowerBound
          call.to = range.upperBound
          call.scratch = scratch[part].base
          table.functions.gradient(&call)
        }
      }
    }
    withExtendedLifetime(scratch) {}
  }

  private static func withRows(_ rows: [Int]?, _ body: (UnsafePointer<Int>?) -> Void) {
    guard let rows else { return body(nil) }
    rows.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
