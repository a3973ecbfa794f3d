import CRecurrentKernels
import Synchronization

/// What a layer computes from a sequence: the last level's output and the final state of every level and direction.
package struct FusedLayersOutput {
  /// `[rows, D * H_out]`
  package var output: AlignedMemory
  /// `[D * L, N, H_out]`
  package var hidden: AlignedMemory
  /// `[D * L, N, H]`, LSTM only.
  package var cell: AlignedMemory?
}

/// All levels and directions of a layer with their weights packed, for sequences whose derivative nobody will ask for.
///
/// A run allocates its results and nothing else: what it works in is kept from run to run. Of one direction and equal
/// lengths, all levels go through time together, a block of steps at a time, so that no level's whole output is stored but the
/// last one's.
package final class FusedLayers: Sendable {
  package let dtype: DType
  let cells: [PackedCell]
  let directionCount: Int
  /// Whether looking one-hot inputs up gives the bits of a product, on all cells of level 0.
  private let allowsOneHot: Bool
  /// The working memory of the last run, while no run uses it.
  private let spare = Mutex<AlignedMemory?>(nil)
  private let prepared = Mutex<PreparedRun?>(nil)

  var shape: CellShape { cells[0].shape }
  package var hiddenSize: Int { shape.hiddenSize }
  package var outputSize: Int { shape.outputSize }
  var levelCount: Int { cells.count / directionCount }

  /// Level 0 forward, level 0 reverse, level 1 forward, … ; all cells are of one kind and hidden size.
  package init(_ cells: [PackedCell], directionCount: Int) {
    self.cells = cells
    self.directionCount = directionCount
    dtype = cells[0].shape.dtype
    allowsOneHot = cells[..<directionCount].allSatisfy(\.allowsOneHot)
  }

  /// Runs all levels and directions.
  ///
  /// - Parameters:
  ///   - input: packed rows `[rows, I]`.
  ///   - hidden: the initial hidden states `[D * L, N, H_out]`, or nil for zeros.
  ///   - cell: the initial cell states `[D * L, N, H]`, or nil for zeros.
  ///   - block: steps that all levels take before any of them goes on; nil to choose by size. It never changes a bit.
  package func run(
    _ input: AlignedMemory, steps: PackedSteps, hidden: AlignedMemory?, cell: AlignedMemory?,
    block: Int? = nil
  ) -> FusedLayersOutput {
    let batch = steps.batchSize
    let result = FusedLayersOutput(
      output: AlignedMemory(
        dtype, count: steps.rowCount * directionCount * shape.outputSize, zeroed: false),
      hidden: state(hidden, cells.count * batch * shape.outputSize),
      cell: shape.hasCellState ? state(cell, cells.count * batch * shape.hiddenSize) : nil)
    let layout = LayersLayout(self, steps, block: block)
    let memory = takeSpare(layout.byteCount)
    let oneHot = oneHotRows(input, steps.rowCount)
    LayersRun(
      layers: self, steps: steps, layout: layout, memory: memory, input: input, result: result,
      oneHot: oneHot
    ).start()
    spare.withLock { $0 = memory }
    return result
  }

  /// The same, from a state of zeros, for a sequence so short that a call's own costs count.
  ///
  /// - Parameter input: `[T, N, I]`
  /// - Returns: nil, and nothing is done, if it is not short, or if another thread is doing the same.
  package func runShort(_ input: AlignedMemory, stepCount: Int, batchSize: Int) -> PreparedOutput? {
    guard PreparedRun.isWorthIt(self, stepCount: stepCount, batchSize: batchSize) else { return nil }
    let instructionSet = ComputeOptions.current.instructionSet ?? .best
    return prepared.withLockIfAvailable { run in
      if run?.fits(stepCount: stepCount, batchSize: batchSize, instructionSet) != true {
        run = PreparedRun(self, stepCount: stepCount, batchSize: batchSize, instructionSet)
      }
      return run!.run(self, input, oneHotRows(input, stepCount * batchSize))
    }
  }

  private func oneHotRows(_ input: AlignedMemory, _ rows: Int) -> OneHotRows? {
    allowsOneHot ? OneHotRows(Operand(input), rows: rows, columns: shape.inputSize, dtype) : nil
  }

  private func state(_ initial: AlignedMemory?, _ count: Int) -> AlignedMemory {
    initial?.copy() ?? AlignedMemory(dtype, count: count)
  }

  private func takeSpare(_ byteCount: Int) -> AlignedMemory {
    let kept = spare.withLock { $0.take() }
    if let kept, kept.byteCount >= byteCount { return kept }
    return AlignedMemory(byteCount: byteCount, zeroed: false)
  }
}
