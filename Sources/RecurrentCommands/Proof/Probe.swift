import Recurrent

/// Sequences that two networks are run on to see that they are one: always the same.
enum Probe {
  /// The steps of the sequences, the longest first.
  static let lengths = [24, 17, 5]
  static let seed: UInt64 = 1
  /// What it is, for people.
  static let description = "random sequences of 24, 17 and 5 steps (seed \(seed))"

  /// `[24, 3, I]`, uniform in -1...1, the same numbers in every element type.
  static func input(for network: StoredNetwork) -> Tensor {
    let shape = [lengths[0], lengths.count, network.network.inputSize]
    return Generator(seed: seed).uniform(shape, from: -1, to: 1).asType(network.network.dtype)
  }

  /// Output and final state of a network on the sequences, or on others of them.
  static func run(_ network: StoredNetwork, lengths: [Int] = lengths) throws -> NamedTensors {
    try StoredLayer(network).run(input(for: network), lengths: lengths)
  }
}
