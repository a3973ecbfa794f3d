import Recurrent

/// Sequences that two networks are run on to see that they are one: always the same.
enum Probe {
  /// The steps of the sequences, the longest first.
  static let lengths = [24, 17, 5]
  static let seed: UInt64 = 1
  /// What it is, for people.
  static let description = "random sequences of 24, 17 and 5 steps (seed \(seed))"

  /// `[24, 3, I]`, uniform in -1...1, the same numbers in every element type.
  static func input(size: Int, _ dtype: DType) -> Tensor {
    Generator(seed: seed).uniform([lengths[0], lengths.count, size], from: -1, to: 1).asType(dtype)
  }

  /// Output and final state of a network on the sequences.
  static func run(_ network: StoredNetwork) throws -> NamedTensors {
    let input = input(size: network.network.inputSize, network.network.dtype)
    return try StoredLayer(network).run(input, lengths: lengths)
  }
}
