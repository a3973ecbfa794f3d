import CRecurrentKernels

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

  /// Whether this build and this processor run these instructions.
  public var isAvailable: Bool { crk_kernels(code, Int32(CRK_FLOAT32)) != nil }

  /// All that this processor runs, the plainest first.
  public static var available: [InstructionSet] { allCases.filter(\.isAvailable) }

  /// The widest that this processor runs.
  public static let best: InstructionSet = {
    let code = crk_best_instruction_set()
    return allCases.first { $0.code == code } ?? .scalar
  }()

  var code: Int32 {
    switch self {
    case .scalar: Int32(CRK_SCALAR)
    case .avx2: Int32(CRK_AVX2)
    case .avx512: Int32(CRK_AVX512)
    case .neon: Int32(CRK_NEON)
    }
  }
}

/// How work is carried out: which instructions, how many threads. It never changes a result.
///
/// ```swift
/// withComputeOptions(ComputeOptions(threadCount: 1)) { lstm(x) }
/// ```
public struct ComputeOptions: Sendable, Equatable {
  /// The instructions to use, or nil for the widest that this processor has.
  public var instructionSet: InstructionSet?
  /// The number of threads, or nil for one per physical core.
  public var threadCount: Int?

  /// Options that leave what is nil to the library.
  ///
  /// - Precondition: `instructionSet` is available here; `threadCount` is at least 1.
  public init(instructionSet: InstructionSet? = nil, threadCount: Int? = nil) {
    if let instructionSet {
      precondition(
        instructionSet.isAvailable,
        "ComputeOptions: this processor lacks \(instructionSet.rawValue); it has "
          + InstructionSet.available.map(\.rawValue).joined(separator: ", "))
    }
    if let threadCount {
      precondition(threadCount >= 1, "ComputeOptions: threadCount is \(threadCount), expected at least 1")
    }
    self.instructionSet = instructionSet
    self.threadCount = threadCount
  }

  /// The options of the current task; see ``withComputeOptions(_:_:)``.
  @TaskLocal public static var current = ComputeOptions()

  /// The number of cores that this process may use, hardware threads of one core counted once.
  public static let physicalCoreCount = Int(crk_physical_cores())
}

/// Runs `body` with the given options in force, in this task and its children.
public func withComputeOptions<Result>(
  _ options: ComputeOptions, _ body: () throws -> Result
) rethrows -> Result {
  try ComputeOptions.$current.withValue(options, operation: body)
}
