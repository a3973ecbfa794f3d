import RecurrentKernels

/// `a * b + c`, rounded once; the derivatives are b, a and 1. PyTorch: `torch.addcmul(c, a, b)`, which rounds twice.
///
/// - Precondition: the operands have one shape and one floating-point type.
/// - Complexity: O(elements) in time and memory.
package func multiplyAdd(_ a: Tensor, _ b: Tensor, _ c: Tensor) -> Tensor {
  precondition(
    a.shape == b.shape && b.shape == c.shape && a.dtype == b.dtype && b.dtype == c.dtype
      && a.dtype.isFloatingPoint,
    "multiplyAdd: the operands are \(a.shape), \(b.shape) and \(c.shape), expected one shape and type")
  let (x, y, needsA, needsB) = (a.detached(), b.detached(), a.isWatched, b.isWatched)
  let sum = Tensor(made: a.shape, a.dtype) {
    Kernels.multiplyAdd(
      a.dtype, Operand(a.memory), Operand(b.memory), Operand(c.memory), into: $0, count: a.count)
  }
  return sum.recorded(from: a, b, c) { g in [needsA ? g * y : nil, needsB ? g * x : nil, g] }
}

extension Tensor {
  /// `x * alpha + beta`, rounded once.
  func affine(_ alpha: Double, _ beta: Double) -> Tensor {
    Tensor(made: shape, dtype) {
      Kernels.multiplyAdd(
        dtype, Operand(memory), .number(alpha, dtype), .number(beta, dtype), into: $0, count: count)
    }
  }

  /// `a > b ? p : q`, element by element, without a history. Operands of one element are repeated.
  static func select(_ a: Tensor, isGreaterThan b: Tensor, _ p: Tensor, else q: Tensor) -> Tensor {
    let model = [a, b, p, q].max { ($0.count, $0.rank) < ($1.count, $1.rank) }!
    return Tensor(made: model.shape, model.dtype) {
      Kernels.select(
        model.dtype, .repeating(a, model), isGreaterThan: .repeating(b, model), .repeating(p, model),
        else: .repeating(q, model), into: $0, count: model.count)
    }
  }

  /// A number of this tensor's type.
  func number(_ value: Double) -> Tensor { Tensor(scalar: value, dtype: dtype) }
}

extension Operand {
  fileprivate static func repeating(_ tensor: Tensor, _ model: Tensor) -> Operand {
    precondition(tensor.count == model.count || tensor.count == 1, "select: shapes differ")
    return Operand(tensor.memory, stride: tensor.count == model.count ? 1 : 0)
  }

  fileprivate static func number(_ value: Double, _ dtype: DType) -> Operand {
    Operand(Tensor(scalar: value, dtype: dtype).memory, stride: 0)
  }
}
