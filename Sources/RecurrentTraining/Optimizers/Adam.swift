import RecurrentKernels
public import RecurrentLayers
import RecurrentTensors

/// Steps scaled by running means of the gradient and of its square (Kingma and Ba, "Adam", 2015, algorithm 1).
///
/// For each element, in step *t* = 1, 2, …:
/// ```
/// g = g + weightDecay * p                    an L2 penalty, if not 0
/// m = m + (1 - beta1) * (g - m)
/// v = beta2 * v + (1 - beta2) * g * g
/// p = p - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
/// ```
/// PyTorch's counterpart: `torch.optim.Adam`, without `amsgrad`; the operations and their order are the ones
/// of its single-tensor form, so that parameters agree to a rounding error of `sqrt` each step.
public struct Adam: Optimizer {
  /// The learning rate of the next step.
  public var learningRate: Double
  /// How slowly the mean of the gradient moves.
  public var beta1: Double
  /// How slowly the mean of its square moves.
  public var beta2: Double
  /// Keeps the denominator away from 0.
  public var epsilon: Double
  /// The strength of the L2 penalty.
  public var weightDecay: Double
  /// The number of steps taken so far.
  public private(set) var stepCount = 0
  private var moments = Moments(["exp_avg", "exp_avg_sq"])

  /// An optimizer that has taken no step; the defaults are PyTorch's.
  ///
  /// - Precondition: the betas are at least 0 and less than 1, the other numbers at least 0.
  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0
  ) {
    precondition(learningRate >= 0, "Adam: learningRate is \(learningRate), expected at least 0")
    precondition(beta1 >= 0 && beta1 < 1, "Adam: beta1 is \(beta1), expected 0 ..< 1")
    precondition(beta2 >= 0 && beta2 < 1, "Adam: beta2 is \(beta2), expected 0 ..< 1")
    precondition(epsilon >= 0, "Adam: epsilon is \(epsilon), expected at least 0")
    precondition(weightDecay >= 0, "Adam: weightDecay is \(weightDecay), expected at least 0")
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// One step; see ``Optimizer/update(_:along:)``.
  public mutating func update(_ model: inout some Module, along gradients: Gradients) {
    update(&model, along: gradients, decoupledDecay: 0)
  }

  /// A step that first shrinks the parameters by `1 - lr * decoupledDecay`.
  mutating func update(_ model: inout some Module, along gradients: Gradients, decoupledDecay: Double) {
    moments.prepare(for: model.parameters, optimizer: "Adam")
    stepCount += 1
    let step = numbers(decoupledDecay: decoupledDecay)
    var index = 0
    model.updateParameters { name, parameter in
      let gradient = gradients.gradient(of: name, like: parameter, optimizer: "Adam")
      Kernels.adam(
        parameter.dtype, parameter: parameter.uniqueStorage(), gradient: gradient.storage,
        mean: moments.storage(0, at: index), square: moments.storage(1, at: index), count: parameter.count,
        step: step)
      index += 1
    }
  }

  private func numbers(decoupledDecay: Double) -> AdamStep {
    var step = AdamStep(
      stepSize: learningRate / (1 - power(beta1, stepCount)), meanWeight: 1 - beta1, squareDecay: beta2,
      squareWeight: 1 - beta2, rootCorrection: (1 - power(beta2, stepCount)).squareRoot(), epsilon: epsilon)
    step.penalty = weightDecay
    step.shrink = 1 - learningRate * decoupledDecay
    return step
  }

  /// What later steps depend on, under PyTorch's names; see ``Optimizer/state``.
  public var state: ParameterList { moments.state(stepCount: stepCount) }

  /// Puts back what ``state`` gave; see ``Optimizer/load(_:for:)``.
  public mutating func load(_ state: ParameterList, for model: some Module) throws {
    (moments, stepCount) = try moments.loading(state, for: model.parameters)
  }
}
