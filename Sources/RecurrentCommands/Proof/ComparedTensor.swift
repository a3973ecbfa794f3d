import Recurrent

/// Two tensors that ought to be one, under the name that both have.
struct ComparedTensor {
  let name: String
  let shape: Shape
  let difference: TensorDifference

  init(_ name: String, _ a: Tensor, _ b: Tensor) {
    self.name = name
    shape = a.shape
    difference = TensorDifference(a, b)
  }
}

extension [ComparedTensor] {
  /// The one whose elements are the most ulps apart.
  var worst: ComparedTensor? { self.max { $0.difference.ulps < $1.difference.ulps } }
  /// How many ulps its elements are apart.
  var ulps: UInt64 { worst?.difference.ulps ?? 0 }
}

/// What two networks make of the same sequences: outputs and final states.
struct ComparedOutputs {
  /// Those that both networks have.
  let tensors: [ComparedTensor]
  /// The largest magnitude of the first network's output, at least 1.
  private let scale: Double

  /// Outputs of networks that need not have the same bits may be this far off, relative to the largest of them.
  static let tolerance = 1e-5

  init(_ a: NamedTensors, _ b: NamedTensors) {
    tensors = a.compactMap { name, tensor in b[name].map { ComparedTensor(name, tensor, $0) } }
    let numbers = a["output"]?.asType(.float64).scalars(as: Double.self) ?? []
    scale = numbers.reduce(1) { $1.isFinite ? max($0, abs($1)) : $0 }
  }

  var isWithinTolerance: Bool { difference <= Self.tolerance * scale }

  /// The largest absolute difference.
  private var difference: Double { tensors.map(\.difference.absolute).max() ?? 0 }

  /// `12 ULPs apart, 1.2e-07 at most`.
  var text: String {
    "\(tensors.ulps.ulpText) apart" + (tensors.ulps == 0 ? "" : ", \(difference.scientific(2)) at most")
  }
}
