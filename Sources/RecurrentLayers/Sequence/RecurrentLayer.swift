import RecurrentKernels
public import RecurrentTensors

/// The driver that turns any cell into a layer: levels, directions, ragged batches, states, dropout.
///
/// ``RNN``, ``LSTM`` and ``GRU`` are this driver with a cell; a cell of your own gets all of it the same way:
///
/// ```swift
/// let layer = RecurrentLayer(inputSize: 5, layerCount: 2, bidirectional: true) { MyCell(inputSize: $0) }
/// let (output, state) = layer(x)
/// ```
///
/// Level k reads the output of level k - 1; with two directions, each level has a cell that reads forward and one that
/// reads in reverse, and their outputs stand side by side. Parameters are those of the cells with the endings `_l0`,
/// `_l0_reverse`, `_l1`, … .
public struct RecurrentLayer<Cell: RecurrentCell>: Module, Sendable {
  /// The cells: level 0 forward, level 0 reverse, level 1 forward, … .
  package var cells: [Cell] { didSet { packed = PackedLevels() } }
  /// The weights of `cells` as they are now, packed for inference.
  private var packed = PackedLevels()
  /// L, the number of levels.
  public let layerCount: Int
  /// Whether batched input is `[N, T, I]` instead of `[T, N, I]`.
  public let batchFirst: Bool
  /// Whether each level reads in both directions.
  public let isBidirectional: Bool
  /// Drops elements of the output of every level but the last.
  public var dropout: Dropout
  /// How much is kept of a sequence for its derivative; it changes no bit.
  public var checkpointing: Checkpointing = .none
  /// What error messages call the layer.
  let name: String

  /// D, 1 or 2.
  public var directionCount: Int { isBidirectional ? 2 : 1 }
  /// `I`, the size of an input row.
  public var inputSize: Int { cells[0].inputSize }
  /// The size of an output row, both directions together.
  public var outputSize: Int { directionCount * cells[0].outputSize }

  /// Makes the cells in the order of their parameters.
  ///
  /// With one level `dropout` has no effect (PyTorch warns).
  ///
  /// - Parameters:
  ///   - generator: where dropout draws its masks from.
  ///   - makeCell: makes a cell for a given input size; `inputSize` at level 0, D times the cell's output size above.
  /// - Precondition: `layerCount` is positive, `dropout` is in 0...1.
  public init(
    inputSize: Int, layerCount: Int = 1, batchFirst: Bool = false, dropout: Double = 0,
    bidirectional: Bool = false, generator: Generator = .default,
    makeCell: (_ inputSize: Int) -> Cell
  ) {
    self.init(
      "\(Cell.self) layer", inputSize: inputSize, layerCount: layerCount, batchFirst: batchFirst,
      dropout: dropout, bidirectional: bidirectional, generator: generator, makeCell: makeCell)
  }

  init(
    _ name: String, inputSize: Int, layerCount: Int, batchFirst: Bool, dropout: Double,
    bidirectional: Bool, generator: Generator, makeCell: (_ inputSize: Int) -> Cell
  ) {
    precondition(layerCount > 0, "\(name): layerCount is \(layerCount), expected at least 1")
    precondition((0...1).contains(dropout), "\(name): dropout is \(dropout), expected 0...1")
    self.name = name
    self.layerCount = layerCount
    self.batchFirst = batchFirst
    isBidirectional = bidirectional
    self.dropout = Dropout(dropout, generator: generator)
    cells = []
    for _ in 0..<layerCount {
      let width = cells.last.map { $0.outputSize * (bidirectional ? 2 : 1) } ?? inputSize
      for _ in 0..<(bidirectional ? 2 : 1) { cells.append(makeCell(width)) }
    }
  }

  private init(_ other: RecurrentLayer<some RecurrentCell>, cells: [Cell]) {
    name = other.name
    layerCount = other.layerCount
    batchFirst = other.batchFirst
    isBidirectional = other.isBidirectional
    dropout = other.dropout
    checkpointing = other.checkpointing
    self.cells = cells
  }

  /// The same layer without fused kernels, for comparison.
  package var composed: RecurrentLayer<ComposedCell<Cell>> {
    RecurrentLayer<ComposedCell<Cell>>(self, cells: cells.map { ComposedCell($0) })
  }

  /// Shows the cells' parameters, level by level, forward before reverse.
  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    for index in cells.indices {
      let ending = index % directionCount == 0 ? "" : "_reverse"
      visitor.visit(&cells[index], suffix: "_l\(index / directionCount)" + ending)
    }
    dropout.visitParameters(&visitor)
  }
}

// MARK: - Running

extension RecurrentLayer {
  /// Runs the layer over a batch of sequences.
  ///
  /// - Parameters:
  ///   - input: `[T, N, I]`; `[N, T, I]` batch first; `[T, I]` without a batch dimension.
  ///   - initialState: the state of every level and direction, `[D·L, N, ·]` (`[D·L, ·]` unbatched); the cells' own
  ///     initial state if nil.
  ///   - lengths: the number of real steps of each sequence, in any order, 0 allowed; all `T` if nil. Output after a
  ///     sequence's end is 0, its final state is the one at its own end, and the reverse direction starts there.
  /// - Returns: the output of the last level, in the layout of the input with `D` times the cell's output size, and
  ///   the final state of every level and direction, shaped as the initial one.
  /// - Complexity: proportional to the number of real steps.
  public func callAsFunction(
    _ input: Tensor, initialState: Cell.State? = nil, lengths: [Int]? = nil
  ) -> (output: Tensor, state: Cell.State) {
    let layers = packed.layers(of: cells, directionCount: directionCount)
    checkInput(input, layers?.fused.dtype ?? zeroState.stateTensors[0].dtype)
    let layout: InputLayout = input.rank == 2 ? .unbatched : batchFirst ? .batchFirst : .timeMajor
    let padded = layout.timeMajor(input)
    if let layers {
      if let initialState { checkState(initialState, layout, batchSize: padded.shape[1]) }
      let initial =
        initialState.map { layout.batched($0) }
        ?? (layers.startsAtZero ? nil : trainableState(batchSize: padded.shape[1]))
      if let (output, state) = runFused(padded, layers.fused, from: initial, lengths: lengths) {
        return (layout.restore(output), layout.restore(state))
      }
    }
    let packing = packing(padded, lengths)
    let initial = cellStates(initialState, layout, packing)
    let (packed, final) = run(packing.gather(padded), packing, from: initial)
    let state = Cell.State.merging(final) { Tensor.stacked($0.map(packing.unsort), axis: 0) }
    return (layout.restore(packing.scatter(packed)), layout.restore(state))
  }

  /// All levels and directions over packed rows; states are in sorted order, one for each cell.
  func run(
    _ input: Tensor, _ packing: PackedBatch, from states: [Cell.State]
  ) -> (output: Tensor, states: [Cell.State]) {
    var rows = input
    var final: [Cell.State] = []
    for level in 0..<layerCount {
      let results = (0..<directionCount).map { direction in
        let index = level * directionCount + direction
        return cells[index].sequence(
          rows, packing: packing, reversed: direction == 1, from: states[index])
      }
      final += results.map(\.state)
      rows = isBidirectional ? Tensor.concatenated(results.map(\.output), axis: 1) : results[0].output
      if level + 1 < layerCount { rows = dropout(rows) }
    }
    return (rows, final)
  }

  /// One state per cell, rows in sorted order.
  private func cellStates(
    _ state: Cell.State?, _ layout: InputLayout, _ packing: PackedBatch
  ) -> [Cell.State] {
    let initial = cells.map { $0.initialState(batchSize: packing.batchSize) }
    guard let state else { return initial }
    checkState(state, against: initial[0], layout)
    let batched = layout.batched(state)
    return cells.indices.map { index in batched.map { packing.sort($0[index]) } }
  }

  func packing(_ padded: Tensor, _ lengths: [Int]?) -> PackedBatch {
    let (steps, batch) = (padded.shape[0], padded.shape[1])
    guard let lengths else { return inPieces(PackedBatch(stepCount: steps, batchSize: batch)) }
    precondition(
      lengths.count == batch, "\(name): lengths has \(lengths.count) elements, expected \(batch) (N)")
    for (row, length) in lengths.enumerated() {
      precondition(
        (0...steps).contains(length), "\(name): lengths[\(row)] is \(length), expected 0...\(steps) (T)")
    }
    return inPieces(PackedBatch(lengths: lengths, stepLimit: steps))
  }

  /// The same batch, cut as ``checkpointing`` says.
  private func inPieces(_ packing: PackedBatch) -> PackedBatch {
    guard let shape = cells[0].fused?.cellShape else { return packing }
    var packing = packing
    packing.pieceLength = checkpointing.pieceLength(shape, cellCount: cells.count, packing)
    return packing
  }
}

// MARK: - Argument checks

extension RecurrentLayer {
  private func checkInput(_ input: Tensor, _ dtype: DType) {
    var expected: String { batchFirst ? "[N, T, \(inputSize)]" : "[T, N, \(inputSize)]" }
    precondition(
      (2...3).contains(input.rank) && input.shape.last == inputSize,
      "\(name): input is \(input.shape), expected \(expected) or [T, \(inputSize)] (inputSize \(inputSize))")
    let steps = input.shape[input.rank == 3 && batchFirst ? 1 : 0]
    precondition(steps > 0, "\(name): input is \(input.shape), expected at least one time step")
    precondition(
      input.dtype == dtype, "\(name): input is \(input.dtype), expected \(dtype) (the parameters' type)")
  }

  private var zeroState: Cell.State { cells[0].initialState(batchSize: 1) }

  private func checkState(_ state: Cell.State, _ layout: InputLayout, batchSize: Int) {
    checkState(state, against: cells[0].initialState(batchSize: batchSize), layout)
  }

  func checkState(_ state: Cell.State, against one: Cell.State, _ layout: InputLayout) {
    for (index, zeros) in one.stateTensors.enumerated() {
      let tensor = state.stateTensors[index]
      var label: String { "\(name): initial \(Cell.State.stateNames[index]) state" }
      let row = layout == .unbatched ? Array(zeros.shape.dropFirst()) : zeros.shape
      let expected = [cells.count] + row
      let letters = layout == .unbatched ? "[D·L, ·]" : "[D·L, N, ·]"
      precondition(tensor.shape == expected, "\(label) is \(tensor.shape), expected \(expected) \(letters)")
      precondition(tensor.dtype == zeros.dtype, "\(label) is \(tensor.dtype), expected \(zeros.dtype)")
    }
  }
}
