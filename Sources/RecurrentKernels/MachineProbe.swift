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

  /// Reads all of `memory` so often.
  package static func read(_ memory: AlignedMemory, times: Int) {
    let table = KernelTable.current(.float32)
    withSink { sink in
      for _ in 0..<times { table.functions.probe_read(memory.base, memory.byteCount, sink) }
    }
  }

  private static func withSink<Result>(_ body: (UnsafeMutableRawPointer) -> Result) -> Result {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 64) { body($0.baseAddress!) }
  }
}
