import CRecurrentKernels

/// The functions of one instruction set for one element type.
struct KernelTable {
  let functions: crk_table

  /// The table that the current ``ComputeOptions`` ask for.
  static func current(_ dtype: DType) -> KernelTable {
    KernelTable(ComputeOptions.current.instructionSet ?? .best, dtype)
  }

  init(_ instructionSet: InstructionSet, _ dtype: DType) {
    precondition(dtype.isFloatingPoint, "Kernels: dtype is \(dtype), expected float32 or float64")
    let type = dtype == .float32 ? CRK_FLOAT32 : CRK_FLOAT64
    guard let table = crk_kernels(instructionSet.code, Int32(type)) else {
      preconditionFailure("Kernels: this processor lacks \(instructionSet.rawValue)")
    }
    functions = table.pointee
  }
}

/// Work shared among threads.
enum Parallel {
  static var threadCount: Int { ComputeOptions.current.threadCount ?? ComputeOptions.physicalCoreCount }

  /// Calls `body` for every task in `0..<tasks`, on up to ``threadCount`` threads, and returns when all are done.
  static func run(tasks: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      let box = Box(body)
      crk_parallel(
        threadCount, tasks,
        { context, task in Unmanaged<Box>.fromOpaque(context!).takeUnretainedValue().body(task) },
        Unmanaged.passUnretained(box).toOpaque())
      withExtendedLifetime(box) {}
    }
  }

  /// How many parts `count` items are best cut into, at least `grain` items each.
  static func parts(_ count: Int, grain: Int) -> Int { max(1, min(threadCount, count / grain)) }

  /// The bounds of part `part` of `parts` of `0..<count`.
  static func range(_ part: Int, of parts: Int, count: Int) -> Range<Int> {
    count * part / parts..<count * (part + 1) / parts
  }

  private final class Box {
    let body: (Int) -> Void
    init(_ body: @escaping (Int) -> Void) { self.body = body }
  }
}
