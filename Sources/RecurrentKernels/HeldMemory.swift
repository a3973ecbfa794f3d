import Synchronization

/// Large blocks of memory that were freed and wait for the next request of their size.
///
/// The system's allocator returns large blocks to the system as they are freed and takes them again, page by page and
/// zeroed, in the next training step. So blocks from 64 KiB on are kept, in classes of size an eighth of a power of two
/// apart. What is held and what is in use is together never more than half as much again as was ever in use at once
/// (or 4 MiB): where it would be, the blocks held longest go first. Safe on all threads.
///
/// PyTorch's counterpart for devices: `torch.cuda.empty_cache`.
public enum HeldMemory {
  private static let state = Mutex(State())
  /// Smaller blocks are the system allocator's own business.
  private static let least = 64 * 1024

  /// Bytes that are held at the moment.
  public static var byteCount: Int { state.withLock { $0.heldBytes } }

  /// Gives all held blocks back to the system, and forgets how much memory was ever in use.
  ///
  /// A natural point is the end of a training run in a process that goes on.
  ///
  /// - Complexity: O(held blocks).
  public static func release() {
    state.withLock {
      $0.drop(downTo: 0)
      $0.peak = $0.usedBytes
    }
  }

  /// A block of at least `byteCount` bytes, aligned to 64; its contents are arbitrary.
  static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let size = blockSize(byteCount)
    guard size >= least else { return smallBlock(size) }
    let held = state.withLock { $0.take(size) }
    return held.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
      ?? .allocate(byteCount: size, alignment: 64)
  }

  /// Takes back what ``allocate(_:)`` gave for the same `byteCount`.
  static func free(_ block: UnsafeMutableRawPointer, _ byteCount: Int) {
    let (size, address) = (blockSize(byteCount), UInt(bitPattern: block))
    if size < least {
      (block - 8).load(as: UnsafeMutableRawPointer.self).deallocate()
    } else {
      state.withLock { $0.give(address, size) }
    }
  }

  /// The allocator has blocks aligned to 16 at hand, and goes looking for others: so the block is cut out of a larger one, whose
  /// start stands in front of it.
  private static func smallBlock(_ size: Int) -> UnsafeMutableRawPointer {
    let start = UnsafeMutableRawPointer.allocate(byteCount: size + 64, alignment: 16)
    let block = start + (64 - Int(bitPattern: start) % 64)
    (block - 8).storeBytes(of: start, as: UnsafeMutableRawPointer.self)
    return block
  }

  /// `byteCount` rounded up to its class.
  static func blockSize(_ byteCount: Int) -> Int {
    guard byteCount >= least else { return max(byteCount, 64) }
    let step = 1 << (Int.bitWidth - 4 - byteCount.leadingZeroBitCount)
    let (sum, overflow) = byteCount.addingReportingOverflow(step - 1)
    return overflow ? byteCount : sum & ~(step - 1)
  }

  private struct State {
    /// The block freed last stands last.
    private var held: [(address: UInt, size: Int)] = []
    private(set) var heldBytes = 0
    private(set) var usedBytes = 0
    var peak = 0

    /// A held block of this size, or nil: then there is room for a new one.
    mutating func take(_ size: Int) -> UInt? {
      usedBytes += size
      peak = max(peak, usedBytes)
      if let place = held.lastIndex(where: { $0.size == size }) {
        heldBytes -= size
        return held.remove(at: place).address
      }
      drop(downTo: max(peak / 2 * 3, 4 << 20) - usedBytes)
      return nil
    }

    mutating func give(_ address: UInt, _ size: Int) {
      usedBytes -= size
      heldBytes += size
      held.append((address, size))
    }

    mutating func drop(downTo limit: Int) {
      var gone = 0
      while heldBytes > limit, gone < held.count {
        UnsafeMutableRawPointer(bitPattern: held[gone].address)?.deallocate()
        heldBytes -= held[gone].size
        gone += 1
      }
      held.removeFirst(gone)
    }
  }
}
