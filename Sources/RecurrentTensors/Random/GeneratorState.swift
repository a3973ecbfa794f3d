import RecurrentKernels

/// Everything that a ``Generator``'s next draws depend on, as a value.
public struct GeneratorState: Sendable {
  let contents: Generator.Contents

  init(_ contents: Generator.Contents) { self.contents = contents }

  /// The state as numbers that a file can hold: int64 `[628]`.
  ///
  /// In this order: the bits of the seed; the place of the next word; 1 if there is a cached normal number, else 0; its
  /// bits; the 624 words of MT19937.
  public var tensor: Tensor {
    let cached = contents.cachedNormal
    let head: [Int64] = [
      Int64(bitPattern: contents.seed), Int64(contents.engine.position), cached == nil ? 0 : 1,
      Int64(bitPattern: cached?.bitPattern ?? 0),
    ]
    return Tensor(head + contents.engine.words.map { Int64($0) }, shape: [4 + MersenneTwister.size])
  }

  /// Reads what ``tensor`` wrote; nil if it is no such state.
  public init?(_ tensor: Tensor) {
    guard tensor.dtype == .int64 && tensor.shape == [4 + MersenneTwister.size] else { return nil }
    let numbers = tensor.scalars(as: Int64.self)
    let words = numbers[4...].compactMap { UInt32(exactly: $0) }
    guard
      words.count == MersenneTwister.size, numbers[1] >= 0 && numbers[1] <= Int64(MersenneTwister.size),
      numbers[2] == 0 || numbers[2] == 1
    else { return nil }
    var contents = Generator.Contents(seed: UInt64(bitPattern: numbers[0]))
    contents.engine = MersenneTwister(words: words, position: Int(numbers[1]))
    contents.cachedNormal = numbers[2] == 1 ? Double(bitPattern: UInt64(bitPattern: numbers[3])) : nil
    self.contents = contents
  }
}

extension GeneratorState: Equatable {
  /// Whether all later draws are the same.
  public static func == (a: GeneratorState, b: GeneratorState) -> Bool {
    a.tensor.isBitwiseEqual(to: b.tensor)
  }
}
