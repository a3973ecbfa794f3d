public import RecurrentLayers

/// Adam with weight decay apart from the gradient (Loshchilov and Hutter, "Decoupled weight decay
/// regularization", 2019, algorithm 2).
///
/// Each step begins with `p = p * (1 - lr * weightDecay)` and goes on as ``Adam`` without penalty.
/// PyTorch's counterpart: `torch.optim.AdamW`, without `amsgrad`.
public struct AdamW: Optimizer {
  private var adam: Adam
  /// How much of a parameter a step of learning rate 1 would take away.
  public var weightDecay: Double

  /// An optimizer that has taken no step; the defaults are PyTorch's.
  ///
  /// - Precondition: the betas are at least 0 and less than 1, the other numbers at least 0.
  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 1e-2
  ) {
    precondition(weightDecay >= 0, "AdamW: weightDecay is \(weightDecay), expected at least 0")
    adam = Adam(learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon)
    self.weightDecay = weightDecay
  }

  /// The learning rate of the next step.
  public var learningRate: Double {
    get { adam.learningRate }
    set { adam.learningRate = newValue }
  }

  /// The number of steps taken so far.
  public var stepCount: Int { adam.stepCount }

  /// One step; see ``Optimizer/update(_:along:)``.
  public mutating func update(_ model: inout some Module, along gradients: Gradients) {
    adam.update(&model, along: gradients, decoupledDecay: weightDecay)
  }

  /// What later steps depend on, under PyTorch's names; see ``Optimizer/state``.
  public var state: ParameterList { adam.state }

  /// Puts back what ``state`` gave; see ``Optimizer/load(_:for:)``.
  public mutating func load(_ state: ParameterList, for model: some Module) throws {
    try adam.load(state, for: model)
  }
}
