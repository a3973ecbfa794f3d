import CRecurrentKernels

/// One derivative of a sequence: for each piece the walk back through time, then the products over its rows.
struct BackwardPass {
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
  func isWorthThreads(_ piece: SequencePiece) -> Bool {
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
}
