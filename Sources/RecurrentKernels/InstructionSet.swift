/// The vector instructions that kernels are written for. Results are the same bits on all of them.
public enum InstructionSet: String, Sendable, CaseIterable {
  /// Plain C, one element at a time: runs everywhere.
  case scalar
  /// x86-64 with AVX2 and FMA (since 2013).
  case avx2
  /// x86-64 with AVX-512 F, BW, DQ and VL.
  case avx512
  /// 64-bit Arm.
  case neon
}

/// How work is carried out: which instructions, how many threads. It never changes a result.
public struct ComputeOptions: Sendable, Equatable {
  /// The instructions to use, or nil for the widest that this processor has.
  public var instructionSet: InstructionSet?
  /// The number of threads, or nil for one per physical core.
  public var threadCount: Int?

  public init(instructionSet: InstructionSet? = nil, threadCount: Int? = nil) {
    self.instructionSet = instructionSet
    self.threadCount = threadCount
  }

  /// The options of the current task; see ``withComputeOptions(_:_:)``.
  @TaskLocal public static var current = ComputeOptions()
}

/// Runs `body` with the given options in force, in this task and its children.
public func withComputeOptions<Result>(
  _ options: ComputeOptions, _ body: () throws -> Result
) rethrows -> Result {
  try ComputeOptions.$current.withValue(options, operation: body)
}
