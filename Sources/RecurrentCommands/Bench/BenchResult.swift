import ArgumentParser

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What was measured of a case, and how near it is to what the machine can do.
struct BenchResult {
  let benchCase: BenchCase
  let timing: Timing
  let isa: String
  let threads: Int
  let weights: StoredWeights
  let gigaflops: Double
  /// Of the multiply-adds that the cores can do.
  let fmaShare: Double
  /// Of the speed that multiply-adds and reading weights allow together; activations are left out.
  let rooflineShare: Double

  init(
    _ benchCase: BenchCase, _ timing: Timing, on machine: Machine, threads: Int, weights: StoredWeights
  ) {
    let seconds = timing.median * 1e-6
    self.benchCase = benchCase
    self.timing = timing
    self.threads = threads
    self.weights = weights
    isa = machine.isa
    gigaflops = benchCase.operationCount / seconds / 1e9
    fmaShare = benchCase.operationCount / seconds / (machine.operationsPerSecond * Double(threads))
    rooflineShare = benchCase.leastSeconds(on: machine, threads: threads, weights: weights) / seconds
  }
}

// MARK: - For people

extension BenchResult {
  /// The table's first line, for cases with names of up to `width` characters.
  static func header(width: Int) -> String {
    columns(
      "case".padded(to: width), ["median", "least", "99 %", "GFLOP/s", "of FMA", "of roof"])
  }

  /// The case's line.
  func line(width: Int) -> String {
    Self.columns(
      benchCase.name.padded(to: width),
      [
        timing.median.asTime, timing.minimum.asTime, timing.percentile99?.asTime ?? "", gigaflops.fixed(1),
        fmaShare.asPercent, rooflineShare.asPercent,
      ])
  }

  private static func columns(_ name: String, _ cells: [String]) -> String {
    name + cells.map { $0.leftPadded(to: 9) }.joined()
  }
}

extension Machine {
  /// What was measured, in three lines.
  var summary: String {
    let reads = readings.map { "\(Self.size($0.bytes)) \($0.gigabytesPerSecond.fixed(0))" }
    let barrier = barrierNanoseconds.map { "two threads meet in \(($0 / 1e3).asTime)" } ?? "one core"
    return """
      \(cpu), \(cores.counting("core")), \(isa)
      A core: \(fmaGigaflops.fixed(1)) GFLOP/s of multiply-adds; \(barrier).
      It reads, GB/s, from blocks of: \(reads.joined(separator: ", ")).

      """
  }

  private static func size(_ bytes: Int) -> String {
    bytes < 1 << 20 ? "\(bytes >> 10) KiB" : "\(bytes >> 20) MiB"
  }
}

extension Double {
  /// Microseconds with three digits and their unit.
  fileprivate var asTime: String {
    switch self {
    case ..<1: (self * 1e3).threeDigits + " ns"
    case ..<1e3: threeDigits + " us"
    case ..<1e6: (self / 1e3).threeDigits + " ms"
    default: (self / 1e6).threeDigits + " s"
    }
  }

  private var threeDigits: String { fixed(self < 9.995 ? 2 : self < 99.95 ? 1 : 0) }

  fileprivate var asPercent: String { (self * 100).fixed(0) + " %" }
}

// MARK: - For programs

/// One JSON object on one line: first the machine, then each case.
enum BenchLine: Encodable {
  case machine(Machine)
  case result(BenchResult)

  private enum Key: String, CodingKey {
    case machine
    case name = "case"
    case peer, version, threads, isa, weights, runs, gflops
    case median = "median_us"
    case minimum = "min_us"
    case percentile99 = "p99_us"
    case fmaShare = "fma_share"
    case rooflineShare = "roofline_share"
    case roofline = "roofline_us"
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch self {
    case .machine(let machine): try container.encode(machine, forKey: .machine)
    case .result(let result): try Self.encode(result, &container)
    }
  }

  private static func encode(
    _ result: BenchResult, _ container: inout KeyedEncodingContainer<Key>
  ) throws {
    try container.encode(result.benchCase.name, forKey: .name)
    try container.encode("recurrent", forKey: .peer)
    try container.encode(RecurrentTool.configuration.version, forKey: .version)
    try container.encode(result.threads, forKey: .threads)
    try container.encode(result.isa, forKey: .isa)
    try container.encode(result.weights.rawValue, forKey: .weights)
    try container.encode(result.timing.median.rounded(3), forKey: .median)
    try container.encode(result.timing.minimum.rounded(3), forKey: .minimum)
    try container.encodeIfPresent(result.timing.percentile99?.rounded(3), forKey: .percentile99)
    try container.encode(result.timing.runCount, forKey: .runs)
    try container.encode(result.gigaflops.rounded(3), forKey: .gflops)
    try container.encode(result.fmaShare.rounded(4), forKey: .fmaShare)
    try container.encode(result.rooflineShare.rounded(4), forKey: .rooflineShare)
    try container.encode((result.rooflineShare * result.timing.median).rounded(4), forKey: .roofline)
  }

  /// The line, without its end.
  var text: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}

extension Double {
  /// To so many decimals.
  fileprivate func rounded(_ decimals: Int) -> Double {
    let scale = pow(10, Double(decimals))
    return (self * scale).rounded() / scale
  }
}
