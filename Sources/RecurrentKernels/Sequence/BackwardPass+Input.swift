import CRecurrentKernels

// What reaches the input, and the sums of biases: over all rows of a piece.

extension BackwardPass {
  /// dx = dz W: one ascending chain over the gates' rows, part by part.
  func inputGradients(_ piece: SequencePiece, _ activations: FusedActivations) -> [() -> Void] {
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

  /// Sums of the gates' derivatives, gate by gate.
  func biasGradients(_ piece: SequencePiece, _ gates: AlignedMemory, _ order: [Int]) -> [() -> Void] {
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
}
