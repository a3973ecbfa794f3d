import CRecurrentKernels

/// Work that a core does as fast as it can do anything: what kernels are measured against. The caller has the clock.
///
/// Runs with the instruction set of the current ``ComputeOptions``.
package enum MachineProbe {
  /// Does fused multiply-adds on float32 in registers, none waiting for another.
  ///
  /// - Returns: the number of floating-point operations, two for each.
  package static func multiplyAdds(rounds: Int) -> Int {
    let table = KernelTable.current(.float32)
    return withSink { table.functions.probe_fma(rounds, $0) }
  }

  /// Reads all of `memory` so often, forwards and backwards in turn: what a cache holds of one time's end is what the
  /// next begins with, as in steps.
  package static func read(_ memory: AlignedMemory, times: Int) {
    let table = KernelTable.current(.float32)
    let block = 32 << 10
    let starts = Array(stride(from: 0, to: memory.byteCount, by: block))
    withSink { sink in
      for time in 0..<times {
        for index in starts.indices {
          let start = time % 2 == 0 ? starts[index] : starts[starts.count - 1 - index]
          table.functions.probe_read(memory.base + start, min(block, memory.byteCount - start), sink)
        }
      }
    }
  }

  private static func withSink<Result>(_ body: (UnsafeMutableRawPointer) -> Result) -> Result {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 64) { body($0.baseAddress!) }
  }
}
