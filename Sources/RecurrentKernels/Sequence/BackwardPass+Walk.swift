import CRecurrentKernels

// The walk back through time.

extension BackwardPass {
  func walk(_ piece: SequencePiece, _ activations: FusedActivations, _ output: Operand) {
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
}
