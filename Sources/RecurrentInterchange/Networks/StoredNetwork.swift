public import RecurrentLayers
public import RecurrentTensors

/// A recurrent network out of a file: its weights in PyTorch's names and layout, whatever system wrote them, and what they
/// do not tell.
///
/// Every map between systems goes through this one form.
public struct StoredNetwork: Sendable {
  /// A linear layer behind the last recurrent level, applied at every step.
  public struct Head: Sendable {
    /// `[out, D*H]`.
    public var weight: Tensor
    /// `[out]`, or nil.
    public var bias: Tensor?
    /// What follows; nil for nothing.
    public var activation: Activation?
    /// Whether the file's graph applies it to the last step alone. Here it is applied at every step: the last of its outputs
    /// is the graph's.
    public var isOfLastStep: Bool

    /// A linear layer and what follows it.
    public init(weight: Tensor, bias: Tensor?, activation: Activation? = nil, isOfLastStep: Bool = false) {
      self.weight = weight
      self.bias = bias
      self.activation = activation
      self.isOfLastStep = isOfLastStep
    }
  }

  /// What the file calls the network: the prefix of its weights, or the name of a node; empty if it is the only one.
  public var name: String
  /// Kind, sizes, layers and directions; its prefix is empty.
  public var network: RecurrentNetwork
  /// The weights, one for each of the network's `parameterNames`.
  public var weights: NamedTensors
  /// How the cells depart from PyTorch's; the same in every level and direction.
  public var variant: CellVariant
  /// What stands behind the last level, where the file says so.
  public var head: Head?
  /// The file's names of the tensors that went into the weights and the head.
  public var usedTensors: [String]

  /// - Throws: ``FileError`` if the weights are not those of one network.
  public init(
    name: String = "", weights: NamedTensors, variant: CellVariant = CellVariant(), head: Head? = nil,
    usedTensors: [String]
  ) throws {
    self.name = name
    network = try RecurrentNetwork(describing: weights, prefix: "")
    self.weights = weights
    self.variant = variant
    self.head = head
    self.usedTensors = usedTensors
  }
}
