import CRecurrentKernels

/// The numbers of one step of Adam that are the same for every element. Each is computed in float64 and
/// rounded once to the parameter's type, as PyTorch rounds its Python numbers.
package struct AdamStep: Sendable {
  /// `lr / (1 - beta1^t)`.
  package var stepSize: Double
  /// `1 - beta1`.
  package var meanWeight: Double
  /// `beta2`.
  package var squareDecay: Double
  /// `1 - beta2`.
  package var squareWeight: Double
  /// `sqrt(1 - beta2^t)`.
  package var rootCorrection: Double
  package var epsilon: Double
  /// What is added to the gradient for each unit of the parameter (L2 penalty), 0 for none.
  package var penalty = 0.0
  /// What the parameter is multiplied by first (decoupled decay, `1 - lr * decay`), 1 for none.
  package var shrink = 1.0

  package init(
    stepSize: Double, meanWeight: Double, squareDecay: Double, squareWeight: Double, rootCorrection: Double,
    epsilon: Double
  ) {
    self.stepSize = stepSize
    self.meanWeight = meanWeight
    self.squareDecay = squareDecay
    self.squareWeight = squareWeight
    self.rootCorrection = rootCorrection
    self.epsilon = epsilon
  }
}

/// The numbers of one step of gradient descent, rounded once to the parameter's type.
package struct SGDStep: Sendable {
  package var learningRate: Double
  package var momentum = 0.0
  package var dampening = 0.0
  package var isNesterov = false
  /// What is added to the gradient for each unit of the parameter (L2 penalty), 0 for none.
  package var penalty = 0.0
  /// Whether the momentum buffer holds nothing yet, so that the gradient becomes its first value.
  package var isFirst = false

  package init(learningRate: Double) { self.learningRate = learningRate }
}

extension Kernels {
  /// One step of Adam in place, over all elements of one parameter.
  ///
  /// The written form, element by element, in the parameter's type (`fma` where PyTorch's vectors have it):
  /// ```
  /// p = p * shrink                                   if shrink != 1
  /// g = fma(p, penalty, g)                           if penalty != 0
  /// m = fma(meanWeight, g - m, m)                    if meanWeight < 0.5, else fma(meanWeight - 1, g - m, g)
  /// v = fma(squareWeight * g, g, v * squareDecay)
  /// p = p + (-stepSize * m) / (sqrt(v) / rootCorrection + epsilon)
  /// ```
  /// These are PyTorch's bits but for `sqrt`: ours is rounded correctly, its vector form can be one unit off.
  package static func adam(
    _ dtype: DType, parameter: AlignedMemory, gradient: AlignedMemory, mean: AlignedMemory,
    square: AlignedMemory, count: Int, step: AdamStep
  ) {
    let blocks = [parameter, gradient, mean, square].map { Operand($0).address(dtype, count: count) }
    var numbers = step.numbers
    KernelTable.current(dtype).functions.adam(&numbers, blocks[0], blocks[1], blocks[2], blocks[3], count)
    withExtendedLifetime((parameter, gradient, mean, square)) {}
  }

  /// One step of stochastic gradient descent in place, over all elements of one parameter.
  ///
  /// The written form, element by element, in the parameter's type:
  /// ```
  /// g = fma(p, penalty, g)                           if penalty != 0
  /// b = g                                            in the first step with momentum
  /// b = fma(g, 1 - dampening, b * momentum)          in later ones
  /// d = fma(b, momentum, g) if Nesterov, b with momentum, g without
  /// p = fma(d, -learningRate, p)
  /// ```
  package static func sgd(
    _ dtype: DType, parameter: AlignedMemory, gradient: AlignedMemory, buffer: AlignedMemory?, count: Int,
    step: SGDStep
  ) {
    let blocks = [parameter, gradient, buffer].map { $0.map { Operand($0).address(dtype, count: count) } }
    var numbers = step.numbers
    KernelTable.current(dtype).functions.sgd(&numbers, blocks[0], blocks[1], blocks[2], count)
    withExtendedLifetime((parameter, gradient, buffer)) {}
  }
}

extension AdamStep {
  fileprivate var numbers: crk_adam {
    crk_adam(
      step_size: stepSize, mean_weight: meanWeight, square_decay: squareDecay, square_weight: squareWeight,
      root_correction: rootCorrection, epsilon: epsilon, penalty: penalty, shrink: shrink)
  }
}

extension SGDStep {
  fileprivate var numbers: crk_sgd {
    crk_sgd(
      learning_rate: learningRate, momentum: momentum, fresh: 1 - dampening, penalty: penalty,
      nesterov: isNesterov ? 1 : 0, first: isFirst ? 1 : 0)
  }
}
