import RecurrentKernels

// The functions of variants and their derivatives, one element at a time.

extension Plain {
  static func log1p<S: OracleScalar>(_ e: S) -> S {
    let s = e / (2 + e)
    let square = s * s
    let double = e.addingProduct(-s, e)
    return double.addingProduct(s * square, polynomial(S.log1pCoefficients, square))
  }

  static func softplus<S: OracleScalar>(_ x: S) -> S { (x < 0 ? 0 : x) + log1p(exp(-x.magnitude)) }

  static func value<S: OracleScalar>(_ function: PointwiseFunction, _ x: S) -> S {
    let (alpha, beta) = (S(function.alpha), S(function.beta))
    switch function.kind {
    case .tanh: return tanh(x)
    case .sigmoid: return sigmoid(x)
    case .relu: return x < 0 ? 0 : x
    case .affine: return beta.addingProduct(alpha, x)
    case .leakyRelu: return x < 0 ? alpha * x : x
    case .thresholdedRelu: return x < alpha ? 0 : x
    case .scaledTanh: return alpha * tanh(beta * x)
    case .hardSigmoid:
      let y = beta.addingProduct(alpha, x)
      return y > 1 ? 1 : (y < 0 ? 0 : y)
    case .elu: return x < 0 ? alpha * (exp(x) - 1) : x
    case .softsign: return x / (1 + x.magnitude)
    case .softplus: return softplus(x)
    }
  }

  static func slope<S: OracleScalar>(_ function: PointwiseFunction, _ x: S) -> S {
    let (alpha, beta) = (S(function.alpha), S(function.beta))
    switch function.kind {
    case .tanh: return S(1).addingProduct(-tanh(x), tanh(x))
    case .sigmoid: return sigmoid(x) * (1 - sigmoid(x))
    case .relu: return x > 0 ? 1 : 0
    case .affine: return alpha
    case .leakyRelu: return x > 0 ? 1 : alpha
    case .thresholdedRelu: return x > alpha ? 1 : 0
    case .scaledTanh:
      let t = tanh(beta * x)
      return alpha * beta * S(1).addingProduct(-t, t)
    case .hardSigmoid:
      let y = beta.addingProduct(alpha, x)
      return y > 0 && y < 1 ? alpha : 0
    case .elu: return x > 0 ? 1 : alpha * exp(x)
    case .softsign:
      let q: S = 1 / (1 + x.magnitude)
      return q * q
    case .softplus: return sigmoid(x)
    }
  }
}
