import RecurrentKernels
public import RecurrentLayers
import RecurrentTensors

/// Stochastic gradient descent, plain, with momentum, or with Nesterov's momentum.
///
/// For each element:
/// ```
/// g = g + weightDecay * p                           an L2 penalty, if not 0
/// b = g in the first step, then momentum * b + (1 - dampening) * g
/// p = p - lr * g                                    without momentum
/// p = p - lr * b                                    with momentum
/// p = p - lr * (g + momentum * b)                   with Nesterov's (Sutskever et al., 2013)
/// ```
/// PyTorch's counterpart: `torch.optim.SGD`, bit for bit.
public struct SGD: Optimizer {
  /// The learning rate of the next step.
  public var learningRate: Double
  /// What a step keeps of the one before.
  public let momentum: Double
  /// What momentum leaves out of the gradient.
  public var dampening: Double
  /// Whether a step looks ahead along the momentum.
  public let isNesterov: Bool
  /// The strength of the L2 penalty.
  public var weightDecay: Double
  /// The number of steps taken so far.
  public private(set) var stepCount = 0
  private var moments: Moments

  /// An optimizer that has taken no step; the defaults are PyTorch's.
  ///
  /// - Precondition: the numbers are at least 0; Nesterov's form has a momentum and no dampening.
  public init(
    learningRate: Double = 1e-3, momentum: Double = 0, dampening: Double = 0, weightDecay: Double = 0,
    nesterov: Bool = false
  ) {
    precondition(learningRate >= 0, "SGD: learningRate is \(learningRate), expected at least 0")
    precondition(momentum >= 0, "SGD: momentum is \(momentum), expected at least 0")
    precondition(weightDecay >= 0, "SGD: weightDecay is \(weightDecay), expected at least 0")
    precondition(
      !nesterov || (momentum > 0 && dampening == 0),
      "SGD: nesterov with momentum \(momentum) and dampening \(dampening), expected a momentum and no dampening"
    )
    self.learningRate = learningRate
    self.momentum = momentum
    self.dampening = dampening
    self.weightDecay = weightDecay
    isNesterov = nesterov
    moments = Moments(momentum == 0 ? [] : ["momentum_buffer"])
  }

  /// One step; see ``Optimizer/update(_:along:)``.
  public mutating func update(_ model: inout some Module, along gradients: Gradients) {
    moments.prepare(for: model.parameters, optimizer: "SGD")
    let step = numbers
    var index = 0
    model.updateParameters { name, parameter in
      let gradient = gradients.gradient(of: name, like: parameter, optimizer: "SGD")
      let buffer = momentum == 0 ? nil : moments.storage(0, at: index)
      Kernels.sgd(
        parameter.dtype, parameter: parameter.uniqueStorage(), gradient: gradient.storage, buffer: buffer,
        count: parameter.count, step: step)
      index += 1
    }
    stepCount += 1
  }

  private var numbers: SGDStep {
    var step = SGDStep(learningRate: learningRate)
    step.momentum = momentum
    step.dampening = dampening
    step.isNesterov = isNesterov
    step.penalty = weightDecay
    step.isFirst = stepCount == 0
    return step
  }

  /// What later steps depend on, under PyTorch's names; see ``Optimizer/state``.
  public var state: ParameterList { moments.state(stepCount: stepCount) }

  /// Puts back what ``state`` gave; see ``Optimizer/load(_:for:)``.
  public mutating func load(_ state: ParameterList, for model: some Module) throws {
    (moments, stepCount) = try moments.loading(state, for: model.parameters)
  }
}
