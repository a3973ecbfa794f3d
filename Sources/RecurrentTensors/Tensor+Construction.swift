public import RecurrentKernels

extension Tensor {
  /// A tensor with every element the same number.
  ///
  /// PyTorch: `torch.full`.
  public init(filled value: Double, shape: Shape, dtype: DType = .float32) {
    self.init(made: shape, dtype) { memory in
      let constant = Kernels.constant(dtype, value)
      Kernels.gather(
        dtype, constant.memory, shape: [shape.elementCount], strides: [0], into: memory)
    }
  }

  /// A tensor of ones. PyTorch: `torch.ones`.
  public init(ones shape: Shape, dtype: DType = .float32) {
    self.init(filled: 1, shape: shape, dtype: dtype)
  }

  /// A matrix `[rows, columns]` of float32, row by row.
  ///
  /// - Precondition: all rows have the same length.
  public init(_ rows: [[Float]]) {
    let shape = rectangle(rows.map { [$0.count] }, "Tensor")
    self.init(rows.flatMap { $0 }, shape: shape)
  }

  /// A tensor of rank 3 of float32 from nested lists.
  ///
  /// - Precondition: lists at the same depth have the same length.
  public init(_ blocks: [[[Float]]]) {
    let shape = rectangle(blocks.map { rectangle($0.map { [$0.count] }, "Tensor") }, "Tensor")
    self.init(blocks.flatMap { $0.flatMap { $0 } }, shape: shape)
  }

  /// A vector of the given type.
  ///
  /// - Precondition: for int64, every number is an integer below 2^53 in magnitude.
  public init(_ scalars: [Double], dtype: DType) {
    self.init(scalars, shape: [scalars.count], dtype: dtype)
  }

  /// A matrix of the given type, row by row.
  ///
  /// - Precondition: all rows have the same length.
  public init(_ rows: [[Double]], dtype: DType) {
    self.init(rows.flatMap { $0 }, shape: rectangle(rows.map { [$0.count] }, "Tensor"), dtype: dtype)
  }

  /// A tensor of rank 3 of the given type from nested lists.
  ///
  /// - Precondition: lists at the same depth have the same length.
  public init(_ blocks: [[[Double]]], dtype: DType) {
    let shape = rectangle(blocks.map { rectangle($0.map { [$0.count] }, "Tensor") }, "Tensor")
    self.init(blocks.flatMap { $0.flatMap { $0 } }, shape: shape, dtype: dtype)
  }

  /// A tensor of the given numbers in row-major order, rounded to `dtype`.
  ///
  /// - Precondition: `scalars.count` is the product of `shape`.
  public init(_ scalars: [Double], shape: Shape, dtype: DType) {
    self = Tensor(scalars, shape: shape).asType(dtype)
  }

  /// A scalar, of shape `[]`, rounded to `dtype`.
  public init(scalar: Double, dtype: DType) {
    self.init(filled: scalar, shape: [], dtype: dtype)
  }

  /// Allocates the result of an operation and lets `fill` write it.
  init(made shape: Shape, _ dtype: DType, zeroed: Bool = true, _ fill: (AlignedMemory) -> Void) {
    let memory = AlignedMemory(dtype, count: shape.elementCount, zeroed: zeroed)
    fill(memory)
    self.init(adopting: memory, shape: shape, dtype: dtype)
  }
}

/// The common shape of nested lists.
private func rectangle(_ shapes: [Shape], _ name: String) -> Shape {
  for shape in shapes {
    precondition(shape == shapes[0], "\(name): nested lists have shapes \(shapes[0]) and \(shape)")
  }
  return [shapes.count] + (shapes.first ?? [0])
}

// MARK: - Reading

extension Tensor {
  /// The only element, as a double. PyTorch: `Tensor.item`.
  ///
  /// - Precondition: the tensor has one element.
  public func item() -> Double {
    precondition(count == 1, "Tensor.item: the tensor is \(shape), expected one element")
    return asType(.float64).scalars(as: Double.self)[0]
  }

  /// Whether shape, type and every bit of every element are the same: NaN equals itself, 0 and -0 differ.
  ///
  /// - Complexity: O(count).
  public func isBitwiseEqual(to other: Tensor) -> Bool {
    guard shape == other.shape && dtype == other.dtype else { return false }
    return memory.hasEqualBytes(other.memory, byteCount: count * dtype.byteWidth)
  }
}
