import ArgumentParser
import Recurrent

/// How the work is carried out; never what comes out.
struct ComputeFlags: ParsableArguments {
  @Option(help: "Threads to use, at least 1. Changes no bit. (default: one per core)")
  var threads: Int?

  @Option(help: "Instruction set to use. Changes no bit. (default: the widest that this processor has)")
  var isa: InstructionSet?

  func validate() throws {
    try check(threads, "--threads", atLeast: 1)
    guard let isa, !isa.isAvailable else { return }
    let available = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("--isa is \(isa.rawValue), which this processor lacks; it has \(available).")
  }

  var options: ComputeOptions { ComputeOptions(instructionSet: isa, threadCount: threads) }

  /// One line, such as `avx2, 2 threads`.
  var summary: String {
    let count = threads ?? ComputeOptions.physicalCoreCount
    return "\((isa ?? .best).rawValue), \(count) \(count == 1 ? "thread" : "threads")"
  }
}

/// Runs `body` as the flags say.
func withComputeFlags<Result>(_ flags: ComputeFlags, _ body: () throws -> Result) rethrows -> Result {
  try withComputeOptions(flags.options, body)
}
