import CRecurrentKernels

// The weights' gradients: sums over all rows of a piece, in segments.

extension BackwardPass {
  /// Where a sum goes on, its part from element `offset` on.
  func place(_ total: SegmentedSum, _ piece: SequencePiece, offset: Int) -> crk_piece {
    crk_piece(
      rank: piece.rank, more: piece.rank + piece.steps.rowCount < steps.rowCount ? 1 : 0,
      open: total.open.map { $0.base + offset * shape.dtype.byteWidth })
  }

  /// dW and dU `[G * H, columns]`, and the projection's `[P, H]`.
  func weightGradients(
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

  /// Of i and f, sums of dz and the c before; of o, of dz and c.
  func peepholeGradients(
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
