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
      pieceLength > 0 || steps.counts.isEmpty,
      "FusedTape: pieces have \(pieceLength) steps, expected at least 1")
    self.pieceLength = max(pieceLength, 1)
    activations =
      pieceLength < steps.counts.count
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

/// The activations of one piece after another, computed again in the same memory.
final class RecomputedPieces {
  private let packed: PackedCell
  private let reversed: Bool
  private var activations: FusedActivations
  private let output: AlignedMemory

  /// - Parameter rows: those of the largest piece.
  init(_ packed: PackedCell, rows: Int, reversed: Bool, before state: FusedState) {
    self.packed = packed
    self.reversed = reversed
    let shape = packed.shape
    activations = FusedActivations(shape, rows: rows, before: state)
    output = AlignedMemory(shape.dtype, count: rows * shape.outputSize, zeroed: false)
  }

  /// The activations of a piece and its output, by the same operations as the first time: the same bits.
  func compute(_ piece: SequencePiece, input: Operand, before state: FusedState) -> (
    FusedActivations, Operand
  ) {
    activations.before = state
    let running: FusedState = (state.hidden.copy(), state.cell?.copy())
    FusedSequence.run(
      packed, piece.steps, reversed, input.advanced(by: piece.firstRow * packed.shape.inputSize), running,
      Operand(output), activations, nil)
    return (activations, Operand(output))
  }
}
