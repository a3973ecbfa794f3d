/// h and c of all sequences of a batch, in rows rounded up to whole panels: `[N, H_out']` and `[N, H']`.
typealias FusedState = (hidden: AlignedMemory, cell: AlignedMemory?)

/// What the derivative of one piece of a sequence reads.
struct FusedActivations {
  /// Gates of all rows after their activations, which the derivative overwrites.
  let gates: AlignedMemory
  /// LSTM: c of all rows.
  let cells: AlignedMemory?
  /// The state before the piece.
  var before: FusedState

  init(_ shape: CellShape, rows: Int, before: FusedState) {
    gates = AlignedMemory(shape.dtype, count: rows * shape.gateStride, zeroed: false)
    cells =
      shape.hasCellState ? AlignedMemory(shape.dtype, count: rows * shape.paddedHidden, zeroed: false) : nil
    self.before = before
  }
}

extension CellShape {
  /// Bytes of the activations of `rows` rows.
  package func activationBytes(rows: Int) -> Int {
    rows * (gateStride + (hasCellState ? paddedHidden : 0)) * dtype.byteWidth
  }

  /// Bytes of one state of a batch.
  package func stateBytes(batchSize: Int) -> Int {
    batchSize * (paddedOutput + (hasCellState ? paddedHidden : 0)) * dtype.byteWidth
  }

  /// Bytes of what is computed again of a piece of `rows` rows, and of what its derivative keeps beside it.
  package func recomputedBytes(rows: Int) -> Int {
    let projected = projectionSize > 0 ? paddedHidden + paddedOutput : 0
    return activationBytes(rows: rows) + rows * projected * dtype.byteWidth
  }
}

/// What a forward pass keeps for its derivative: the activations of all rows, or the state before every piece.
package final class FusedTape {
  /// Steps of a piece; the last one in the order of processing may have fewer.
  let pieceLength: Int
  /// Nil if they are computed again, piece by piece.
  let activations: FusedActivations?
  /// Before each piece, if activations are computed again.
  var states: [FusedState] = []
  private var isSpent = false

  init(_ shape: CellShape, _ steps: PackedSteps, pieceLength: Int, before state: FusedState) {
    precondition(
      pieceLength > 0 || steps.stepCount == 0,
      "FusedTape: pieces have \(pieceLength) steps, expected at least 1")
    self.pieceLength = max(pieceLength, 1)
    activations =
      pieceLength < steps.stepCount
      ? nil
      : FusedActivations(shape, rows: steps.rowCount, before: (state.hidden.copy(), state.cell?.copy()))
  }

  /// Bytes that the tape holds from the forward pass on.
  package var byteCount: Int {
    let kept = states + (activations.map { [$0.before] } ?? [])
    let states = kept.reduce(0) { $0 + $1.hidden.byteCount + ($1.cell?.byteCount ?? 0) }
    return states + (activations.map { $0.gates.byteCount + ($0.cells?.byteCount ?? 0) } ?? 0)
  }

  /// A tape serves one derivative, which overwrites it.
  func spend() {
    precondition(!isSpent, "FusedSequence.backward: the tape of a forward pass serves one derivative")
    isSpent = true
  }
}
