import CRecurrentKernels

// What a derivative in pieces is made of.

/// A gradient of the weights, summed piece by piece: `sum` has the segments that are full, `open` the one that is not.
struct SegmentedSum {
  let sum: AlignedMemory
  let open: AlignedMemory?

  init(_ dtype: DType, count: Int, isCut: Bool) {
    self.sum = AlignedMemory(dtype, count: count)
    self.open = isCut ? AlignedMemory(dtype, count: count) : nil
  }
}

/// The weights as the derivative reads them: packed by what they carry back to.
struct BackwardWeights {
  /// U transposed: panels of h.
  let hidden: AlignedMemory
  /// GRU, reset before the product: U_n transposed, of which ``hidden`` then has nothing.
  let candidate: AlignedMemory?
  /// W transposed, one matrix for each of ``CellShape/inputParts``: panels of x. Empty if nothing is carried to x.
  let input: [AlignedMemory]
  /// The projection transposed: panels of `o * tanh(c)`.
  let projection: AlignedMemory?

  init(_ parameters: CellParameters, _ shape: CellShape, _ table: KernelTable, needsInput: Bool) {
    let gates = shape.cell.gateCount - (shape.resetsBeforeProduct ? 1 : 0)
    hidden = Packing.columns(
      parameters.hiddenWeight, columns: shape.outputSize, depth: gates * shape.hiddenSize, shape.dtype, table)
    candidate =
      shape.resetsBeforeProduct
      ? Packing.columns(
        parameters.hiddenWeight, offset: gates * shape.hiddenSize * shape.outputSize,
        columns: shape.outputSize, depth: shape.hiddenSize, shape.dtype, table) : nil
    input = (needsInput ? shape.inputParts : []).map { part in
      Packing.columns(
        parameters.inputWeight, offset: part.gate * shape.hiddenSize * shape.inputSize,
        columns: shape.inputSize,
        depth: part.count * shape.hiddenSize, shape.dtype, table)
    }
    projection = parameters.projectionWeight.map {
      Packing.columns($0, columns: shape.hiddenSize, depth: shape.projectionSize, shape.dtype, table)
    }
  }
}

/// The packed rows in the order that back-propagation through time meets them.
struct BackwardRows {
  /// `order[r]` is the packed row of rank r.
  let order: [Int]
  /// `previous[r]` is the row of the step before it, or `~b` where that is row b of the initial state.
  let previous: [Int]

  init(_ steps: PackedSteps, reversed: Bool) {
    var order = [Int](repeating: 0, count: steps.rowCount)
    var previous = order
    steps.withPointers { counts, offsets in
      crk_bptt_rows(steps.stepCount, counts, offsets, reversed ? 1 : 0, &order, &previous)
    }
    self.order = order
    self.previous = previous
  }
}
