public import RecurrentTensors

/// The mathematics of one time step.
///
/// A cell is two functions, ``initialState(batchSize:)`` and ``step(_:from:)``. ``RecurrentLayer`` makes of any cell a
/// layer with several levels, two directions, ragged batches, dropout and streaming.
///
/// A cell may compute whole sequences at once in ``sequence(_:packing:reversed:from:)``; without that, steps are
/// taken one after the other.
public protocol RecurrentCell: Module, Sendable {
  /// The tensors carried from step to step.
  associatedtype State: RecurrentState

  /// `I`, the size of an input row.
  var inputSize: Int { get }
  /// The size of an output row.
  var outputSize: Int { get }

  /// The state before the first step of `batchSize` sequences, of the parameters' element type.
  func initialState(batchSize: Int) -> State

  /// One step of `N` sequences: `input` is `[N, I]`, the output `[N, outputSize]`.
  ///
  /// Each row must depend on the same row of input and state only.
  func step(_ input: Tensor, from state: State) -> (output: Tensor, state: State)

  /// A whole batch of sequences.
  ///
  /// - Parameters:
  ///   - input: the packed rows `[rows, I]`.
  ///   - packing: which rows belong to which step.
  ///   - reversed: whether each sequence is read from its own end to its beginning.
  ///   - state: the initial state in sorted order, one row for every sequence, those of length 0 too.
  /// - Returns: the packed output `[rows, outputSize]`, row for row as the input, and the state after each
  ///   sequence's own last step, in sorted order.
  func sequence(
    _ input: Tensor, packing: PackedBatch, reversed: Bool, from state: State
  ) -> (output: Tensor, state: State)
}

extension RecurrentCell {
  /// Takes one step after the other.
  public func sequence(
    _ input: Tensor, packing: PackedBatch, reversed: Bool, from state: State
  ) -> (output: Tensor, state: State) {
    composedSequence(input, packing: packing, reversed: reversed, from: state)
  }
}
