import RecurrentKernels

/// The specification of the optimizers' element loops: plain operations, one element after the other.
enum PlainOptimizers {
  static func adam<S: OracleScalar>(
    _ p: inout [S], _ gradient: [S], _ m: inout [S], _ v: inout [S], _ step: AdamStep
  ) {
    let startsFromMean = step.meanWeight < 0.5
    let weight = S(step.meanWeight) - (startsFromMean ? 0 : 1)
    for i in p.indices {
      if step.shrink != 1 { p[i] *= S(step.shrink) }
      let g = step.penalty == 0 ? gradient[i] : gradient[i].addingProduct(p[i], S(step.penalty))
      m[i] = (startsFromMean ? m[i] : g).addingProduct(weight, g - m[i])
      v[i] = (v[i] * S(step.squareDecay)).addingProduct(S(step.squareWeight) * g, g)
      let denominator = v[i].squareRoot() / S(step.rootCorrection) + S(step.epsilon)
      p[i] += S(-step.stepSize) * m[i] / denominator
    }
  }

  static func sgd<S: OracleScalar>(_ p: inout [S], _ gradient: [S], _ b: inout [S]?, _ step: SGDStep) {
    for i in p.indices {
      var direction = step.penalty == 0 ? gradient[i] : gradient[i].addingProduct(p[i], S(step.penalty))
      if b != nil {
        let kept = (b![i] * S(step.momentum)).addingProduct(direction, S(1 - step.dampening))
        b![i] = step.isFirst ? direction : kept
        direction = step.isNesterov ? direction.addingProduct(b![i], S(step.momentum)) : b![i]
      }
      p[i] = p[i].addingProduct(direction, S(-step.learningRate))
    }
  }
}
