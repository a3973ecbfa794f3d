import RecurrentKernels
import Testing

struct HeldMemoryTests {
  @Test(arguments: [65_536, 100_000, 3_000_000])
  func aZeroedBlockIsZeroThoughItWasUsedBefore(byteCount: Int) {
    for _ in 0..<3 {
      let used = AlignedMemory(byteCount: byteCount)
      #expect(
        used.read(UInt8.self, count: byteCount) { bytes in bytes.indices.allSatisfy { bytes[$0] == 0 } })
      used.write(UInt8.self, count: byteCount) { bytes in
        for index in bytes.indices { bytes[index] = 0xA5 }
      }
    }
  }

  @Test func blocksInUseAreNeverShared() async {
    await withTaskGroup(of: Bool.self) { group in
      for task in 0..<4 {
        group.addTask { (0..<50).allSatisfy { Self.keepsItsBytes(UInt8(task), round: $0) } }
      }
      for await kept in group { #expect(kept) }
    }
  }

  /// Fills several blocks of sizes that other tasks ask for too, and reads them again.
  private static func keepsItsBytes(_ mark: UInt8, round: Int) -> Bool {
    let blocks = (0..<4).map { AlignedMemory(byteCount: 65_536 << ($0 % 2), zeroed: ($0 + round) % 2 == 0) }
    for block in blocks {
      block.write(UInt8.self, count: 4096) { bytes in
        for index in bytes.indices { bytes[index] = mark }
      }
    }
    return blocks.allSatisfy { block in
      block.read(UInt8.self, count: 4096) { bytes in bytes.indices.allSatisfy { bytes[$0] == mark } }
    }
  }

  @Test func whatIsHeldStaysWithinItsBound() {
    HeldMemory.release()
    for step in 1...40 { _ = AlignedMemory(byteCount: step * 70_000, zeroed: false) }
    // Other tests run at the same time, in a few megabytes.
    #expect(HeldMemory.byteCount < 64 << 20)
    HeldMemory.release()
  }
}
