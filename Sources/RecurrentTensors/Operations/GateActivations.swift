import RecurrentKernels

// What gates may go through beside sigmoid, tanh and relu. Numbers are rounded to the tensor's type first; comparisons
// select, so NaN stays NaN. Where a function has a kink, its derivative there is PyTorch's.

extension Tensor {
  /// αx + β, rounded once.
  package func affineMap(alpha: Double, beta: Double) -> Tensor {
    affine(alpha, beta).recorded(from: self) { [$0 * alpha] }
  }

  /// x bounded to -limit...limit; the derivative is 1 inside and at the bounds, else 0. PyTorch: `torch.clamp`.
  package func bounded(to limit: Double) -> Tensor {
    let (x, upper, lower, zero) = (detached(), number(limit), number(-limit), number(0))
    let atMost = Tensor.select(x, isGreaterThan: upper, upper, else: x)
    let value = Tensor.select(lower, isGreaterThan: x, lower, else: atMost)
    return value.recorded(from: self) { g in
      let inner = Tensor.select(x, isGreaterThan: upper, zero, else: g)
      return [Tensor.select(lower, isGreaterThan: x, zero, else: inner)]
    }
  }

  /// x where x ≥ 0, else αx; the derivative at 0 is α. PyTorch: `leaky_relu`.
  package func leakyRelu(alpha: Double) -> Tensor {
    let (x, zero) = (detached(), number(0))
    return Tensor.select(zero, isGreaterThan: x, x * alpha, else: x).recorded(from: self) { g in
      [Tensor.select(x, isGreaterThan: zero, g, else: g * alpha)]
    }
  }

  /// x where x ≥ α, else 0; the derivative at α is 0. PyTorch: `threshold(x, α, 0)`, but for its value at α.
  package func thresholdedRelu(alpha: Double) -> Tensor {
    let (x, threshold, zero) = (detached(), number(alpha), number(0))
    return Tensor.select(threshold, isGreaterThan: x, zero, else: x).recorded(from: self) { g in
      [Tensor.select(x, isGreaterThan: threshold, g, else: zero)]
    }
  }

  /// α tanh(βx); with t = tanh(βx), the derivative is αβ (1 - t²).
  package func scaledTanh(alpha: Double, beta: Double) -> Tensor {
    let t = tanh(detached() * beta)
    return (t * alpha).recorded(from: self) { g in [g * alpha * (1 - t * t) * beta] }
  }

  /// αx + β bounded to 0...1; the derivative is α strictly inside, else 0. PyTorch: `hardsigmoid`, where α is 1/6 and β 1/2.
  package func hardSigmoid(alpha: Double, beta: Double) -> Tensor {
    let (y, zero, one) = (detached().affine(alpha, beta), number(0), number(1))
    let atMost = Tensor.select(y, isGreaterThan: one, one, else: y)
    return Tensor.select(zero, isGreaterThan: y, zero, else: atMost).recorded(from: self) { g in
      let belowOne = Tensor.select(one, isGreaterThan: y, g * alpha, else: zero)
      return [Tensor.select(y, isGreaterThan: zero, belowOne, else: zero)]
    }
  }

  /// x where x ≥ 0, else α(e^x - 1); the derivative below and at 0 is αe^x. PyTorch: `elu`.
  package func elu(alpha: Double) -> Tensor {
    let (x, zero) = (detached(), number(0))
    let e = exp(x)
    return Tensor.select(zero, isGreaterThan: x, (e - 1) * alpha, else: x).recorded(from: self) { g in
      [Tensor.select(x, isGreaterThan: zero, g, else: g * e * alpha)]
    }
  }

  /// x / (1 + |x|); with d = 1 + |x|, the derivative is 1 / d². PyTorch: `softsign`.
  package func softsign() -> Tensor {
    let x = detached()
    let d = x.mapped(.absolute, "softsign") + 1
    return (x / d).recorded(from: self) { g in [g / d / d] }
  }

  /// log(1 + e^x); the derivative is σ(x). PyTorch: `softplus`.
  package func softplus() -> Tensor {
    let x = detached()
    return x.mapped(.softplus, "softplus").recorded(from: self) { g in [g * sigmoid(x)] }
  }
}
