import RecurrentKernels
import Testing

/// Every instruction set gives the bits of the plain specification, at every remainder of its lanes.
@Suite struct OptimizerKernelTests {
  static let counts = [0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 33]

  static let adamSteps: [AdamStep] = [0.1, 0.5, 0.9, 1].map { meanWeight in
    var step = AdamStep(
      stepSize: 0.0213, meanWeight: meanWeight, squareDecay: 0.999, squareWeight: 1 - 0.999,
      rootCorrection: 0.0316,
      epsilon: 1e-8)
    if meanWeight != 0.1 { step.penalty = 0.3 }
    if meanWeight == 0.9 { step.shrink = 0.97 }
    return step
  }

  static let sgdSteps: [SGDStep] = (0..<8).map { options in
    var step = SGDStep(learningRate: 0.0213)
    step.momentum = 0.9
    step.dampening = options & 1 == 0 ? 0 : 0.3
    step.isNesterov = options & 2 == 0
    step.isFirst = options & 4 == 0
    step.penalty = options & 1 == 0 ? 0.1 : 0
    return step
  }

  @Test(arguments: InstructionSet.available)
  func everyStepEqualsItsPlainSpecification(instructionSet: InstructionSet) {
    withComputeOptions(ComputeOptions(instructionSet: instructionSet)) {
      for count in Self.counts {
        for (index, step) in Self.adamSteps.enumerated() {
          checkAdam(Float.self, .float32, count, step, "adam \(index), count \(count)")
          checkAdam(Double.self, .float64, count, step, "adam \(index), count \(count)")
        }
        for (index, step) in Self.sgdSteps.enumerated() {
          for hasBuffer in [true, false] {
            checkSGD(Float.self, .float32, count, step, hasBuffer, "sgd \(index), count \(count)")
            checkSGD(Double.self, .float64, count, step, hasBuffer, "sgd \(index), count \(count)")
          }
        }
      }
    }
  }

  private func values<S: OracleScalar>(_ count: Int, seed: UInt64) -> [S] {
    var random = Xorshift(seed)
    return (0..<count).map { _ in S(random.next(1)) }
  }

  private func checkAdam<S: OracleScalar>(
    _: S.Type, _ dtype: DType, _ count: Int, _ step: AdamStep, _ name: String
  ) {
    var (p, m): ([S], [S]) = (values(count, seed: 1), values(count, seed: 2))
    let g: [S] = values(count, seed: 3)
    var v: [S] = values(count, seed: 4).map { (x: S) in x * x }
    let blocks = [p, g, m, v].map { memory($0) }
    Kernels.adam(
      dtype, parameter: blocks[0], gradient: blocks[1], mean: blocks[2], square: blocks[3], count: count,
      step: step)
    PlainOptimizers.adam(&p, g, &m, &v, step)
    for (block, expected) in zip(blocks, [p, g, m, v]) { expectBits(block, expected, "\(name), \(dtype)") }
  }

  private func checkSGD<S: OracleScalar>(
    _: S.Type, _ dtype: DType, _ count: Int, _ step: SGDStep, _ hasBuffer: Bool, _ name: String
  ) {
    var p: [S] = values(count, seed: 1)
    let g: [S] = values(count, seed: 2)
    var b: [S]? = hasBuffer ? values(count, seed: 3) : nil
    let (parameter, gradient, buffer) = (memory(p), memory(g), b.map { memory($0) })
    Kernels.sgd(dtype, parameter: parameter, gradient: gradient, buffer: buffer, count: count, step: step)
    PlainOptimizers.sgd(&p, g, &b, step)
    expectBits(parameter, p, "\(name), \(dtype)")
    if let buffer { expectBits(buffer, b!, "buffer of \(name), \(dtype)") }
  }
}
