/// The extent of each dimension of a tensor, outermost first; empty for a scalar.
public typealias Shape = [Int]

extension [Int] {
  /// The number of elements of a tensor of this shape: 1 for the empty shape.
  package var elementCount: Int { reduce(1, *) }
}
