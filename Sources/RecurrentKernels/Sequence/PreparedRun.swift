import CRecurrentKernels

/// What a short run gives, with the shapes `[T, N, D * H_out]`, `[D * L, N, H_out]` and `[D * L, N, H]` of its parts, made once
/// for all runs of that size.
package struct PreparedOutput {
  package let result: FusedLayersOutput
  package let outputShape, hiddenShape, cellShape: [Int]
}

/// A short run from a state of zeros, prepared for others of the same size.
///
/// A few steps of a small network take less than a microsecond, most of which would pass with laying out memory, filling in
/// calls and allocating results. All of that is kept here. Results too: blocks that nobody else refers to any more are
/// written again.
///
/// It belongs to the layers, whose weights its calls point to.
final class PreparedRun: @unchecked Sendable {
  /// Bytes of an output that is kept.
  private static let mostBytes = 16 * 1024

  private let steps: PackedSteps
  private let instructionSet: InstructionSet
  private let hiddenCount, cellCount: Int
  private let layout: LayersLayout
  private let memory: AlignedMemory
  private let calls: UnsafeMutableBufferPointer<crk_forward>
  private let forward: @convention(c) (UnsafePointer<crk_forward>?, Int, Int) -> Void
  private let outputShape, hiddenShape, cellShape: [Int]
  private var result: FusedLayersOutput

  /// Whether a run is so short that it pays to prepare it. Its work is never shared among threads.
  static func isWorthIt(_ layers: FusedLayers, stepCount: Int, batchSize: Int) -> Bool {
    let (shape, rows) = (layers.shape, stepCount * batchSize)
    let weights = layers.cells.count * shape.cell.gateCount * shape.hiddenSize
    return rows > 0 && stepCount <= FusedSequence.chunk(shape, batchSize: batchSize)
      && rows * weights * (shape.inputSize + shape.outputSize) < ForwardSharing.leastWork
      && rows * layers.directionCount * shape.outputSize * shape.dtype.byteWidth <= mostBytes
  }

  init(_ layers: FusedLayers, stepCount: Int, batchSize: Int, _ instructionSet: InstructionSet) {
    steps = PackedSteps(stepCount: stepCount, batchSize: batchSize)
    self.instructionSet = instructionSet
    let (shape, cells) = (layers.shape, layers.cells.count)
    layout = LayersLayout(layers, steps, block: stepCount)
    memory = AlignedMemory(byteCount: layout.byteCount, zeroed: false)
    calls = .allocate(capacity: cells)
    forward = KernelTable(instructionSet, layers.dtype).functions.forward
    outputShape = [stepCount, batchSize, layers.directionCount * shape.outputSize]
    hiddenShape = [cells, batchSize, shape.outputSize]
    cellShape = [cells, batchSize, shape.hiddenSize]
    hiddenCount = hiddenShape.reduce(1, *) * shape.dtype.byteWidth
    cellCount = cellShape.reduce(1, *) * shape.dtype.byteWidth
    result = Self.results(layers, steps)
    bind(layers)
  }

  deinit { calls.deallocate() }

  func fits(stepCount: Int, batchSize: Int, _ instructionSet: InstructionSet) -> Bool {
    steps.stepCount == stepCount && steps.batchSize == batchSize && self.instructionSet == instructionSet
  }

  private static func results(_ layers: FusedLayers, _ steps: PackedSteps) -> FusedLayersOutput {
    let (shape, rows) = (layers.shape, layers.cells.count * steps.batchSize)
    return FusedLayersOutput(
      output: AlignedMemory(
        shape.dtype, count: steps.rowCount * layers.directionCount * shape.outputSize, zeroed: false),
      hidden: AlignedMemory(shape.dtype, count: rows * shape.outputSize, zeroed: false),
      cell: shape.hasCellState
        ? AlignedMemory(shape.dtype, count: rows * shape.hiddenSize, zeroed: false) : nil)
  }

  /// Fills the calls in, but for the input.
  private func bind(_ layers: FusedLayers) {
    let run = LayersRun(
      layers: layers, steps: steps, layout: layout, memory: memory, input: memory, result: result, oneHot: nil
    )
    run.writeSteps()
    for index in calls.indices { (calls.baseAddress! + index).initialize(to: run.call(index, first: 0)) }
  }

  /// Whether nobody looks at the last results any more.
  private var ownsResults: Bool {
    isKnownUniquelyReferenced(&result.output) && isKnownUniquelyReferenced(&result.hidden)
      && (result.cell == nil || isKnownUniquelyReferenced(&result.cell))
  }

  func run(_ layers: FusedLayers, _ input: AlignedMemory, _ oneHot: OneHotRows?) -> PreparedOutput {
    if !ownsResults {
      result = Self.results(layers, steps)
      bind(layers)
    }
    result.hidden.base.initializeMemory(as: UInt8.self, repeating: 0, count: hiddenCount)
    result.cell?.base.initializeMemory(as: UInt8.self, repeating: 0, count: cellCount)
    for direction in 0..<layers.directionCount {
      calls[direction].x = UnsafeRawPointer(input.base)
      calls[direction].one_hot = oneHot?.pointer
    }
    for index in calls.indices { forward(calls.baseAddress! + index, 0, steps.batchSize) }
    withExtendedLifetime((input, oneHot)) {}
    return PreparedOutput(
      result: result, outputShape: outputShape, hiddenShape: hiddenShape, cellShape: cellShape)
  }
}
