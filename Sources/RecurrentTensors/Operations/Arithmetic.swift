import RecurrentKernels

// Every operator takes tensors of one floating-point type whose shapes go together: aligned at the last axis, an axis
// of extent 1 or a missing one is repeated. The derivative with respect to a repeated operand sums over the repeats.

extension Tensor {
  /// The sum of two tensors, element by element, with broadcasting. PyTorch: `torch.add`.
  ///
  /// - Precondition: equal types; shapes that broadcast together.
  /// - Complexity: O(elements of the result) in time and memory.
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    let (aShape, bShape) = (a.shape, b.shape)
    return combined(.add, a, b).recorded(from: a, b) { g in [g.summed(to: aShape), g.summed(to: bShape)] }
  }

  /// The difference of two tensors, element by element, with broadcasting. PyTorch: `torch.sub`.
  ///
  /// - Precondition: equal types; shapes that broadcast together.
  /// - Complexity: O(elements of the result) in time and memory.
  public static func - (a: Tensor, b: Tensor) -> Tensor {
    let (aShape, bShape, needsB) = (a.shape, b.shape, b.isWatched)
    return combined(.subtract, a, b).recorded(from: a, b) { g in
      [g.summed(to: aShape), needsB ? -g.summed(to: bShape) : nil]
    }
  }

  /// The product of two tensors, element by element, with broadcasting. PyTorch: `torch.mul`.
  ///
  /// - Precondition: equal types; shapes that broadcast together.
  /// - Complexity: O(elements of the result) in time and memory.
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    let (x, y, needsA, needsB) = (a.detached(), b.detached(), a.isWatched, b.isWatched)
    return combined(.multiply, a, b).recorded(from: a, b) { g in
      [needsA ? (g * y).summed(to: x.shape) : nil, needsB ? (g * x).summed(to: y.shape) : nil]
    }
  }

  /// The quotient of two tensors, element by element, with broadcasting. PyTorch: `torch.div`.
  ///
  /// With q = a / b: dq/da = 1 / b and dq/db = -q / b.
  ///
  /// - Precondition: equal types; shapes that broadcast together.
  /// - Complexity: O(elements of the result) in time and memory.
  public static func / (a: Tensor, b: Tensor) -> Tensor {
    let (x, y, needsA, needsB) = (a.shape, b.detached(), a.isWatched, b.isWatched)
    let quotient = combined(.divide, a, b)
    return quotient.recorded(from: a, b) { g in
      let scaled = g / y
      return [
        needsA ? scaled.summed(to: x) : nil, needsB ? -(scaled * quotient).summed(to: y.shape) : nil,
      ]
    }
  }

  /// Every element with the other sign. PyTorch: `torch.neg`.
  public static prefix func - (x: Tensor) -> Tensor {
    x.mapped(.negate, "-").recorded(from: x) { [-$0] }
  }

  /// Where `a` is greater, 1, else 0; it has no gradient. PyTorch: `torch.gt` as a number.
  static func isGreater(_ a: Tensor, _ b: Tensor) -> Tensor { combined(.greater, a, b) }

  /// One element-wise kernel over both operands, without a history.
  static func combined(_ op: BinaryOperation, _ a: Tensor, _ b: Tensor) -> Tensor {
    precondition(
      a.dtype == b.dtype && a.dtype.isFloatingPoint,
      "\(op): the operands are \(a.dtype) and \(b.dtype), expected one floating-point type")
    guard let plan = BroadcastPlan(a.shape, b.shape) else {
      preconditionFailure("\(op): shapes \(a.shape) and \(b.shape) do not broadcast together")
    }
    let left = Operand(a.memory, stride: plan.aStride)
    let right = Operand(b.memory, stride: plan.bStride)
    return Tensor(made: plan.shape, a.dtype) {
      Kernels.binaryRows(
        op, a.dtype, left, rows: plan.aRows, right, rows: plan.bRows, columns: plan.columns, into: $0)
    }
  }

  /// One kernel over every element, without a history.
  func mapped(_ op: UnaryOperation, _ name: String) -> Tensor {
    precondition(dtype.isFloatingPoint, "\(name): the tensor is \(dtype), expected float32 or float64")
    return Tensor(made: shape, dtype) { Kernels.unary(op, dtype, Operand(memory), into: $0, count: count) }
  }
}

// MARK: - With a number

// Each costs O(elements) in time and memory, one kernel call. In PyTorch: the same operators with a Python number.

extension Tensor {
  /// Adds a number, rounded to the tensor's type, to every element.
  public static func + (x: Tensor, number: Double) -> Tensor { x + x.constant(number) }

  /// Adds a number, rounded to the tensor's type, to every element.
  public static func + (number: Double, x: Tensor) -> Tensor { x.constant(number) + x }

  /// Subtracts a number, rounded to the tensor's type, from every element.
  public static func - (x: Tensor, number: Double) -> Tensor { x - x.constant(number) }

  /// Subtracts every element from a number that is rounded to the tensor's type.
  public static func - (number: Double, x: Tensor) -> Tensor { x.constant(number) - x }

  /// Multiplies every element by a number that is rounded to the tensor's type.
  public static func * (x: Tensor, number: Double) -> Tensor { x * x.constant(number) }

  /// Multiplies every element by a number that is rounded to the tensor's type.
  public static func * (number: Double, x: Tensor) -> Tensor { x.constant(number) * x }

  /// Divides every element by a number that is rounded to the tensor's type.
  public static func / (x: Tensor, number: Double) -> Tensor { x / x.constant(number) }

  /// Divides a number, rounded to the tensor's type, by every element.
  public static func / (number: Double, x: Tensor) -> Tensor { x.constant(number) / x }

  private func constant(_ number: Double) -> Tensor { Tensor(scalar: number, dtype: dtype) }
}
