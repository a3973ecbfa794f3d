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
    func run<Scalar: BinaryFloatingPoint>(_ type: Scalar.Type) {
      adamLoop(
        parameter.pointer(0, type), gradient.pointer(0, type), mean.pointer(0, type), square.pointer(0, type),
        count, step)
    }
    check([parameter, gradient, mean, square], dtype, count)
    if dtype == .float32 { run(Float.self) } else { run(Double.self) }
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
    func run<Scalar: BinaryFloatingPoint>(_ type: Scalar.Type) {
      sgdLoop(
        parameter.pointer(0, type), gradient.pointer(0, type), buffer?.pointer(0, type), count, step)
    }
    check([parameter, gradient, buffer].compactMap { $0 }, dtype, count)
    if dtype == .float32 { run(Float.self) } else { run(Double.self) }
  }

  private static func check(_ blocks: [AlignedMemory], _ dtype: DType, _ count: Int) {
    precondition(dtype.isFloatingPoint, "Kernels: \(dtype) has no gradient")
    for block in blocks {
      precondition(count * dtype.byteWidth <= block.byteCount, "Kernels: \(count) elements are out of bounds")
    }
  }

  private static func adamLoop<Scalar: BinaryFloatingPoint>(
    _ p: UnsafeMutablePointer<Scalar>, _ gradient: UnsafeMutablePointer<Scalar>,
    _ m: UnsafeMutablePointer<Scalar>, _ v: UnsafeMutablePointer<Scalar>, _ count: Int, _ step: AdamStep
  ) {
    let shrink = Scalar(step.shrink)
    let penalty = Scalar(step.penalty)
    // lerp(m, g, w) starts from the nearer end: m + w * (g - m), or g + (w - 1) * (g - m).
    let startsFromMean = step.meanWeight < 0.5
    let weight = Scalar(step.meanWeight) - (startsFromMean ? 0 : 1)
    let squareDecay = Scalar(step.squareDecay)
    let squareWeight = Scalar(step.squareWeight)
    let rootCorrection = Scalar(step.rootCorrection)
    let epsilon = Scalar(step.epsilon)
    let stepSize = Scalar(-step.stepSize)
    for i in 0..<count {
      if step.shrink != 1 { p[i] *= shrink }
      let g = step.penalty == 0 ? gradient[i] : gradient[i].addingProduct(p[i], penalty)
      m[i] = (startsFromMean ? m[i] : g).addingProduct(weight, g - m[i])
      v[i] = (v[i] * squareDecay).addingProduct(squareWeight * g, g)
      p[i] += stepSize * m[i] / (v[i].squareRoot() / rootCorrection + epsilon)
    }
  }

  private static func sgdLoop<Scalar: BinaryFloatingPoint>(
    _ p: UnsafeMutablePointer<Scalar>, _ gradient: UnsafeMutablePointer<Scalar>,
    _ buffer: UnsafeMutablePointer<Scalar>?, _ count: Int, _ step: SGDStep
  ) {
    let penalty = Scalar(step.penalty)
    let momentum = Scalar(step.momentum)
    let fresh = Scalar(1 - step.dampening)
    let learningRate = Scalar(-step.learningRate)
    for i in 0..<count {
      let g = step.penalty == 0 ? gradient[i] : gradient[i].addingProduct(p[i], penalty)
      var direction = g
      if let buffer {
        buffer[i] = step.isFirst ? g : (buffer[i] * momentum).addingProduct(g, fresh)
        direction = step.isNesterov ? g.addingProduct(buffer[i], momentum) : buffer[i]
      }
      p[i] = p[i].addingProduct(direction, learningRate)
    }
  }
}
