import Dispatch
import Recurrent
import RecurrentKernels
import Synchronization

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

/// What this machine can do at most, measured on one core with the instruction set in force.
struct Machine: Encodable {
  /// Reading a block of memory again and again.
  struct Reading: Encodable {
    let bytes: Int
    let gigabytesPerSecond: Double
  }

  let cpu: String
  let cores: Int
  let isa: String
  let fmaGigaflops: Double
  let readings: [Reading]
  /// How long two threads take to wait for each other once; nil with one core.
  let barrierNanoseconds: Double?

  /// Takes about half a second.
  static func measured() -> Machine {
    let instructionSet = ComputeOptions.current.instructionSet ?? .best
    return Machine(
      cpu: processorName, cores: ComputeOptions.physicalCoreCount, isa: instructionSet.rawValue,
      fmaGigaflops: fmaGigaflops(), readings: workingSets.map(reading),
      barrierNanoseconds: ComputeOptions.physicalCoreCount > 1 ? barrierNanoseconds() : nil)
  }

  var operationsPerSecond: Double { fmaGigaflops * 1e9 }

  /// Between measured blocks, along a line in logarithms.
  func bytesPerSecond(of bytes: Double) -> Double {
    guard let above = readings.firstIndex(where: { Double($0.bytes) >= bytes }) else {
      return readings[readings.count - 1].gigabytesPerSecond * 1e9
    }
    let high = readings[above]
    guard above > 0 else { return high.gigabytesPerSecond * 1e9 }
    let low = readings[above - 1]
    let place = log(bytes / Double(low.bytes)) / log(Double(high.bytes) / Double(low.bytes))
    return 1e9 * low.gigabytesPerSecond * pow(high.gigabytesPerSecond / low.gigabytesPerSecond, place)
  }
}

// MARK: - Measuring

extension Machine {
  /// Within the first, second and third cache of most processors, and beyond all.
  private static let workingSets = [24 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 128 << 20]

  private static func fmaGigaflops() -> Double {
    var rounds = 100
    return best(forSeconds: 0.05) {
      let start = ContinuousClock.now
      let operations = MachineProbe.multiplyAdds(rounds: rounds)
      let seconds = start.secondsUntilNow
      if seconds < 0.001 { rounds *= 2 }
      return Double(operations) / seconds / 1e9
    }
  }

  private static func reading(_ bytes: Int) -> Reading {
    let memory = AlignedMemory(byteCount: bytes)
    let times = max(2, (4 << 20) / bytes)
    MachineProbe.read(memory, times: 1)
    let rate = best(forSeconds: 0.03) {
      let start = ContinuousClock.now
      MachineProbe.read(memory, times: times)
      return Double(times * bytes) / start.secondsUntilNow / 1e9
    }
    return Reading(bytes: bytes, gigabytesPerSecond: rate)
  }

  /// The greatest of what `measure` gives until the time is over.
  private static func best(forSeconds limit: Double, _ measure: () -> Double) -> Double {
    let start = ContinuousClock.now
    var best = 0.0
    repeat { best = max(best, measure()) } while start.secondsUntilNow < limit
    return best
  }

  /// The median over groups of 50, for at most 50 ms or so: virtual cores may move, and other work may take one.
  private static func barrierNanoseconds() -> Double {
    let barrier = TwoThreadBarrier()
    DispatchQueue.global(qos: .userInteractive).async { while barrier.wait(as: 1) {} }
    var times: [Double] = []
    let start = ContinuousClock.now
    while times.count < 100 && (times.isEmpty || start.secondsUntilNow < 0.05) {
      let groupStart = ContinuousClock.now
      for _ in 0..<50 { _ = barrier.wait(as: 0) }
      times.append(groupStart.secondsUntilNow / 50 * 1e9)
    }
    barrier.leave()
    return times.sorted()[times.count / 2]
  }

  private static var processorName: String {
    #if os(Linux)
      let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
      let line = lines.split(separator: "\n").first { $0.hasPrefix("model name") }
      return line?.split(separator: ":").last.map { String($0.drop { $0.isWhitespace }) } ?? "unknown CPU"
    #else
      var size = 0
      guard sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0) == 0 else { return "unknown CPU" }
      var name = [UInt8](repeating: 0, count: size)
      sysctlbyname("machdep.cpu.brand_string", &name, &size, nil, 0)
      return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    #endif
  }
}

/// Each of two threads says how often it has come, and spins until the other has come as often.
private final class TwoThreadBarrier: Sendable {
  private let first = Atomic(0)
  /// Keeps the two in cache lines of their own.
  private let gap = SIMD64<UInt8>()
  private let second = Atomic(0)

  /// - Returns: false if the other has left.
  func wait(as thread: Int) -> Bool {
    thread == 0 ? Self.meet(first, second) : Self.meet(second, first)
  }

  /// Thread 0 comes no more.
  func leave() { first.store(.max, ordering: .releasing) }

  private static func meet(_ own: borrowing Atomic<Int>, _ other: borrowing Atomic<Int>) -> Bool {
    let turn = own.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue
    while true {
      let come = other.load(ordering: .acquiring)
      if come >= turn { return come != .max }
    }
  }
}
