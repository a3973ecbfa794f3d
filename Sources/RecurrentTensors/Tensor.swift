public import RecurrentKernels

/// An array of numbers with a shape: row-major, always contiguous, a value.
///
/// Copies share their storage until one of them is written. The element type is chosen at run time (``dtype``).
/// A tensor that came from watched parameters remembers how it was made; see `valueAndGradients(of:_:)`.
public struct Tensor: @unchecked Sendable {
  /// The extent of each dimension, outermost first.
  public let shape: Shape
  /// The type of the elements.
  public let dtype: DType
  var memory: AlignedMemory
  /// How this tensor came about, if some input of it is being watched.
  var origin: Origin?

  /// The number of dimensions.
  public var rank: Int { shape.count }
  /// The number of elements.
  public var count: Int { shape.elementCount }

  /// Wraps a block that nobody else writes.
  package init(adopting memory: AlignedMemory, shape: Shape, dtype: DType) {
    precondition(
      memory.byteCount >= shape.elementCount * dtype.byteWidth,
      "Tensor: \(memory.byteCount) bytes are too few for shape \(shape) of \(dtype)")
    self.shape = shape
    self.dtype = dtype
    self.memory = memory
  }

  /// The block of memory, for reading only: it may be shared with other tensors.
  package var storage: AlignedMemory { memory }

  /// The block of memory, for writing: copied first if another tensor shares it.
  package mutating func uniqueStorage() -> AlignedMemory {
    if !isKnownUniquelyReferenced(&memory) { memory = memory.copy() }
    return memory
  }
}

// MARK: - Making tensors

extension Tensor {
  /// A tensor of zeros.
  public init(zeros shape: Shape, dtype: DType = .float32) {
    self.init(adopting: AlignedMemory(dtype, count: shape.elementCount), shape: shape, dtype: dtype)
  }

  /// A tensor of the given elements in row-major order.
  ///
  /// - Precondition: `scalars.count` is the product of `shape`.
  public init<Scalar: TensorScalar>(_ scalars: [Scalar], shape: Shape) {
    precondition(
      scalars.count == shape.elementCount,
      "Tensor: \(scalars.count) elements do not fill shape \(shape), expected \(shape.elementCount)")
    self.init(adopting: AlignedMemory(copying: scalars), shape: shape, dtype: Scalar.dtype)
  }

  /// A vector `[n]` of float32.
  public init(_ scalars: [Float]) { self.init(scalars, shape: [scalars.count]) }

  /// A scalar, of shape `[]`.
  public init<Scalar: TensorScalar>(scalar: Scalar) { self.init([scalar], shape: []) }

  /// The elements in row-major order.
  ///
  /// - Precondition: `type` is the Swift type of ``dtype``.
  public func scalars<Scalar: TensorScalar>(as type: Scalar.Type = Scalar.self) -> [Scalar] {
    precondition(
      Scalar.dtype == dtype, "Tensor.scalars: the tensor holds \(dtype), not \(Scalar.dtype)")
    return memory.array(of: Scalar.self, count: count)
  }
}
