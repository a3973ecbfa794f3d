public import RecurrentTensors

/// What a recurrent cell remembers from one step to the next: one or more tensors, one row per sequence.
///
/// A cell's state tensors are `[N, ·]`; a layer's are `[D·L, N, ·]`, ordered layer 0 forward, layer 0 reverse,
/// layer 1 forward, …, and `[D·L, ·]` for input without a batch dimension. A single tensor is a state too.
public protocol RecurrentState: Sendable {
  /// What the tensors are called in messages and files, in order.
  static var stateNames: [String] { get }
  /// The tensors, in the order of ``stateNames``.
  var stateTensors: [Tensor] { get }
  /// Puts a state together from its tensors.
  init(stateTensors: [Tensor])
}

extension RecurrentState {
  /// The same state, forgetting how it was computed: what truncated BPTT carries from one window to the next.
  public func detached() -> Self { map { $0.detached() } }

  /// The state with `transform` applied to each tensor.
  func map(_ transform: (Tensor) -> Tensor) -> Self {
    Self(stateTensors: stateTensors.map(transform))
  }

  /// The rows of sequences in `range`.
  func rows(_ range: Range<Int>) -> Self { map { $0[range] } }

  /// Several states in one: `merge` puts together the first tensors of all, the second ones, and so on.
  static func merging(_ states: [Self], _ merge: ([Tensor]) -> Tensor) -> Self {
    Self(
      stateTensors: stateNames.indices.map { index in
        merge(states.map { $0.stateTensors[index] })
      })
  }
}

extension Tensor: RecurrentState {
  /// A single tensor is a hidden state.
  public static var stateNames: [String] { ["hidden"] }
  /// The tensor itself.
  public var stateTensors: [Tensor] { [self] }
  /// The only tensor of the list.
  public init(stateTensors: [Tensor]) { self = stateTensors[0] }
}

/// The state of an LSTM.
public struct LSTMState: RecurrentState {
  /// The hidden state `h`, of the projection's size if there is one.
  public var hidden: Tensor
  /// The cell state `c`.
  public var cell: Tensor

  /// Puts a state together; both tensors have the same `N`.
  public init(hidden: Tensor, cell: Tensor) {
    self.hidden = hidden
    self.cell = cell
  }

  /// Hidden state, then cell state.
  public static var stateNames: [String] { ["hidden", "cell"] }
  /// Hidden state and cell state.
  public var stateTensors: [Tensor] { [hidden, cell] }
  /// Hidden state and cell state from a list of two.
  public init(stateTensors: [Tensor]) {
    self.init(hidden: stateTensors[0], cell: stateTensors[1])
  }
}
