#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Measures cases one after the other and prints each as it is done.
struct BenchSession {
  private let machine: Machine
  private let threads: Int
  private let seconds: Double
  private let json: Bool
  private let weights: StoredWeights
  private let live = LiveLine()

  /// Measures the machine and prints it.
  init(threads: Int, seconds: Double, json: Bool, weights: StoredWeights) throws {
    live.draw(ProgressLine(fraction: 0, figures: ["measuring the machine"], order: [0]))
    machine = Machine.measured()
    self.threads = threads
    self.seconds = seconds
    self.json = json
    self.weights = weights
    live.clear()
    try Console.output.writeLine(json ? BenchLine.machine(machine).text : machine.summary)
  }

  func measure(_ cases: [BenchCase]) throws {
    let width = cases.map(\.name.count).max() ?? 0
    if !json { try Console.output.writeLine(BenchResult.header(width: width)) }
    for (index, benchCase) in cases.enumerated() {
      let left = Double(cases.count - index) * (seconds + 0.3)
      live.draw(
        ProgressLine(
          fraction: Double(index) / Double(cases.count), figures: [benchCase.name, "\(left.duration) left"],
          order: [0, 1]))
      let result = try measure(benchCase)
      live.clear()
      try Console.output.writeLine(json ? BenchLine.result(result).text : result.line(width: width))
    }
  }

  private func measure(_ benchCase: BenchCase) throws -> BenchResult {
    try benchCase.checkMemory()
    let timing = timing(benchCase.makeWorkload(weights), isStep: benchCase.mode == .step)
    // A stream stays on its caller's thread.
    return BenchResult(
      benchCase, timing, on: machine, threads: benchCase.mode == .step ? 1 : threads, weights: weights)
  }

  private func timing(_ workload: some BenchWorkload, isStep: Bool) -> Timing {
    var workload = workload
    return Timing(&workload, seconds: seconds, singleCalls: isStep)
  }
}

extension BenchCase {
  /// Throws if the case needs more memory than the machine has.
  func checkMemory() throws {
    let rows = Double(batchSize) * Double(stepCount)
    let kept = mode == .train ? Double((kind.gateCount + 2) * layerCount) : 2
    let need = 8 * weightCount + 4 * rows * Double(inputSize + directionCount * hiddenSize) * kept
    let memory = Double(ProcessInfo.processInfo.physicalMemory)
    guard need > memory else { return }
    throw CommandError(
      .network, "\(name) does not fit into memory", found: "a need of \((need / 1e9).fixed(1)) GB or more",
      expected: "at most the machine's \((memory / 1e9).fixed(1)) GB", advice: "choose a smaller case")
  }
}
