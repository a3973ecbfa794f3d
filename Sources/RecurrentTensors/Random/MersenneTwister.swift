/// The random bits behind every draw: MT19937 (Matsumoto and Nishimura, 1998), as PyTorch's CPU generator runs it.
struct MersenneTwister: Sendable {
  static let size = 624
  private static let shift = 397

  private(set) var words: [UInt32]
  /// The next word to hand out; at ``size`` a new round is made first.
  private(set) var position: Int

  /// Only the low 32 bits of a seed count.
  init(seed: UInt64) {
    words = [UInt32(truncatingIfNeeded: seed)]
    words.reserveCapacity(Self.size)
    for index in 1..<UInt32(Self.size) {
      let last = words[words.count - 1]
      words.append(1_812_433_253 &* (last ^ last >> 30) &+ index)
    }
    position = Self.size
  }

  init(words: [UInt32], position: Int) {
    self.words = words
    self.position = position
  }

  /// 32 bits: one draw.
  mutating func random() -> UInt32 {
    if position == Self.size { makeRound() }
    var y = words[position]
    position += 1
    y ^= y >> 11
    y ^= y << 7 & 0x9d2c_5680
    y ^= y << 15 & 0xefc6_0000
    return y ^ y >> 18
  }

  /// 64 bits: two draws, the first is the high word.
  mutating func random64() -> UInt64 {
    let high = UInt64(random())
    return high << 32 | UInt64(random())
  }

  private mutating func makeRound() {
    for index in 0..<Self.size {
      let next = words[(index + 1) % Self.size]
      let mixed = words[index] & 0x8000_0000 | next & 0x7fff_ffff
      let twist = mixed >> 1 ^ (next & 1 == 0 ? 0 : 0x9908_b0df)
      words[index] = words[(index + Self.shift) % Self.size] ^ twist
    }
    position = 0
  }
}

extension MersenneTwister {
  /// A multiple of 2^-24 in 0..<1.
  mutating func uniformFloat() -> Float { Float(random() & 0xff_ffff) * 0x1p-24 }

  /// A multiple of 2^-53 in 0..<1.
  mutating func uniformDouble() -> Double { Double(random64() & (1 << 53 - 1)) * 0x1p-53 }
}
