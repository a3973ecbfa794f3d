import Recurrent
import Testing

/// Tensors that cover what a format must keep.
enum SampleTensors {
  /// All element types, a scalar, an empty tensor, special numbers, and a name beyond ASCII.
  static var mixed: NamedTensors {
    var tensors: NamedTensors = [
      "weight": Tensor(
        [1.5, -2, .infinity, -.infinity, -0.0, .leastNonzeroMagnitude] as [Float], shape: [2, 3]),
      "scalar": Tensor(scalar: -1e300),
      "ids": Tensor([Int64.min, -1, 0, Int64.max] as [Int64], shape: [4, 1]),
      "empty": Tensor(zeros: [0, 3]),
      "한글": Tensor([3.25] as [Double], shape: [1, 1, 1]),
      "nan": Tensor([.nan, 1] as [Float]),
    ]
    tensors.metadata = ["epoch": "3", "note": "quote \" backslash \\ newline \n tab \t 🎸"]
    return tensors
  }
}

/// Expects the same names in the same order, and tensors of the same shape, type and bits.
func expectSame(
  _ actual: NamedTensors, _ expected: NamedTensors, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.names == expected.names, sourceLocation: sourceLocation)
  for (name, tensor) in expected {
    guard let other = actual[name] else { continue }
    #expect(other.shape == tensor.shape, "\(name)", sourceLocation: sourceLocation)
    #expect(other.dtype == tensor.dtype, "\(name)", sourceLocation: sourceLocation)
    #expect(NPY.encode(other) == NPY.encode(tensor), "\(name)", sourceLocation: sourceLocation)
  }
}
