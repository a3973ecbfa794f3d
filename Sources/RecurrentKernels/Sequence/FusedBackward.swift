/// The derivatives that one direction of one layer passes on, in the layouts of what they belong to.
package struct FusedGradients {
  /// `[rows, I]`; nil if it was not asked for.
  package var input: AlignedMemory?
  /// `[N, H_out]`
  package var hidden: AlignedMemory
  /// `[N, H]`, LSTM only.
  package var cell: AlignedMemory?
  package var parameters: CellParameters
}

extension FusedSequence {
  /// The derivative of ``forward(_:steps:reversed:input:hidden:cell:saving:pieceLength:chunk:)``.
  ///
  /// Piece by piece, the last one first: the sequential part walks the steps backwards and leaves the derivatives of all
  /// pre-activations; the gradients of input and weights are large products over the piece's rows afterwards. The tape
  /// is overwritten: it serves once. Without `needsInput` nothing is computed for the input, which costs as much as
  /// the gradient of its weights.
  package static func backward(
    _ parameters: CellParameters, shape: CellShape, steps: PackedSteps, reversed: Bool, input: Operand,
    output: AlignedMemory, tape: FusedTape, outputGradient: AlignedMemory?, hiddenGradient: AlignedMemory?,
    cellGradient: AlignedMemory?, needsInput: Bool = true
  ) -> FusedGradients {
    tape.spend()
    let pieces = steps.pieces(of: tape.pieceLength, reversed: reversed)
    let rows = pieces.reduce(0) { max($0, $1.steps.rowCount) }
    let pass = BackwardPass(
      parameters: parameters, shape: shape, steps: steps, reversed: reversed, input: input,
      outputGradient: outputGradient, hiddenGradient: hiddenGradient, cellGradient: cellGradient,
      largestPiece: rows, isCut: pieces.count > 1, needsInput: needsInput)
    let again = tape.states.first.map {
      RecomputedPieces(
        parameters, shape, rows: rows, reversed: reversed, input: input, output: output, before: $0)
    }
    for (index, piece) in pieces.enumerated().reversed() {
      let activations = again?.activations(of: piece, before: tape.states[index]) ?? tape.activations!
      pass.undo(piece, activations, Operand(output, offset: piece.firstRow * shape.outputSize))
    }
    return pass.gradients()
  }
}
