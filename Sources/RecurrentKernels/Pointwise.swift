/// Operations on each element alone.
package enum UnaryOperation: Int32, Sendable, CaseIterable {
  case negate, absolute, squareRoot, reciprocal, exp, log, tanh, sigmoid, relu, square
  /// log(1 + e^x), within 2.1 ULP.
  case softplus
}

/// Operations on two elements at the same place.
package enum BinaryOperation: Int32, Sendable, CaseIterable {
  case add, subtract, multiply, divide
  /// 1 where the left is greater, else 0.
  case greater
  /// Compare and select: `a > b ? a : b`.
  case maximum
}

/// A run of elements: a block of memory, where the run begins, and how far it moves for each element (0 or 1).
package struct Operand {
  package var memory: AlignedMemory
  package var offset: Int
  package var stride: Int

  package init(_ memory: AlignedMemory, offset: Int = 0, stride: Int = 1) {
    precondition(stride == 0 || stride == 1, "Operand: stride is \(stride), expected 0 or 1")
    self.memory = memory
    self.offset = offset
    self.stride = stride
  }

  /// The run that begins `count` elements of memory later.
  func advanced(by count: Int) -> Operand { Operand(memory, offset: offset + count, stride: stride) }
}

/// The one seam between tensors and machines: coarse operations on blocks of memory.
package enum Kernels {}
