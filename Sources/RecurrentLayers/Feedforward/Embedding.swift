public import RecurrentKernels
public import RecurrentTensors

/// A table of vectors, looked up by id.
///
/// Ids of shape `[..]` give vectors of shape `[.., size]`. The padding row, if there is one, starts as zeros and gets no
/// gradient.
///
/// PyTorch's counterpart: `torch.nn.Embedding` with `padding_idx`.
public struct Embedding: Module, Sendable {
  /// `[count, size]`.
  public var weight: Tensor
  /// The id whose vector is not trained, or nil.
  public let paddingIndex: Int?

  /// The number of ids.
  public var count: Int { weight.shape[0] }
  /// The size of each vector.
  public var size: Int { weight.shape[1] }

  /// Draws the table from the standard normal distribution, in PyTorch's order.
  ///
  /// - Precondition: `count` and `size` are positive, `paddingIndex` is an id.
  public init(
    count: Int, size: Int, paddingIndex: Int? = nil, dtype: DType = .float32,
    generator: Generator = .default
  ) {
    precondition(count > 0, "Embedding: count is \(count), expected at least 1")
    precondition(size > 0, "Embedding: size is \(size), expected at least 1")
    let weight = generator.normal([count, size], mean: 0, standardDeviation: 1, dtype: dtype)
    self.init(weight: weight, paddingIndex: paddingIndex)
    if let paddingIndex { self.weight = weight.zeroingRow(paddingIndex) }
  }

  /// Wraps a given table `[count, size]`.
  public init(weight: Tensor, paddingIndex: Int? = nil) {
    precondition(weight.rank == 2, "Embedding: weight is \(weight.shape), expected [count, size]")
    if let paddingIndex {
      precondition(
        (0..<weight.shape[0]).contains(paddingIndex),
        "Embedding: paddingIndex is \(paddingIndex), expected 0..<\(weight.shape[0])")
    }
    self.weight = weight
    self.paddingIndex = paddingIndex
  }

  /// The vectors of `ids` (int64, `[..]`), of shape `[.., size]`.
  ///
  /// - Precondition: every id is in `0..<count`.
  /// - Complexity: O(ids · size).
  public func callAsFunction(_ ids: Tensor) -> Tensor {
    precondition(ids.dtype == .int64, "Embedding: ids are \(ids.dtype), expected int64")
    return trainable.gatherRows(ids)
  }

  /// Shows the parameters in PyTorch's order.
  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("weight", &weight)
  }

  /// The table, seen so that the padding row's gradient is zero.
  private var trainable: Tensor {
    guard let paddingIndex else { return weight }
    return weight.detached().recorded(from: weight) { [$0.zeroingRow(paddingIndex)] }
  }
}

extension Tensor {
  /// This matrix `[R, C]` with one row zeroed.
  fileprivate func zeroingRow(_ row: Int) -> Tensor {
    var result = detached()
    let bytes = shape[1] * dtype.byteWidth
    let zeros = AlignedMemory(byteCount: bytes)
    result.uniqueStorage().copyBytes(from: zeros, toByte: row * bytes, byteCount: bytes)
    return result
  }
}
