import ArgumentParser
import Recurrent

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `rnn bench`: how fast networks run here, and how fast they could.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how fast networks run on this machine, against what it can do.",
    discussion: """
      Measures the machine first: multiply-adds on one core, reading from each cache, and two threads that wait for each other. \
      Then each case: the median and least time of one call, of steps the 99th percentile of single calls, operations a second, and \
      the share that these are of the multiply-adds the cores can do, and of the roof that multiply-adds and reading \
      weights make together.

      A case is \(BenchCase.pattern): KIND rnn, lstm or gru; B sequences, T steps, I numbers a step, H hidden units, L levels; \
      with -bi both directions, with -ragged sequences of lengths from 1 to T. MODE step: one call a time step; seq: one call for \
      the whole sequence; train: the mean of squares of the outputs, and its gradient for every weight and the input.

      Other work on the machine makes every figure worse. Benchmarks/README.md says how to compare with other libraries.

      EXAMPLES
        rnn bench
        rnn bench --case step --weights bfloat16
        rnn bench --case lstm-seq-b8-t100-i40-h192-l2 --seconds 5
        rnn bench --case train --case gru-seq --json
      """
  )

  @Option(
    name: .customLong("case"),
    help: ArgumentHelp(
      "Case, or part of the names of known cases; several are measured in turn. `-` takes one from each line of standard input. (default: all known)",
      valueName: "name"))
  var cases: [String] = []

  @Option(help: "Seconds to measure each case for, after a warm-up.")
  var seconds = 0.5

  @Option(help: "How steps keep their weights.")
  var weights = StoredWeights.float32

  @Flag(help: "Print one JSON object a line: the machine, then each case.")
  var json = false

  @Flag(help: "List the known cases and measure nothing.")
  var list = false

  @Option(
    help: ArgumentHelp(
      "Folder for CASE.npz with input, weights, output and gradients of each case, to check them elsewhere; nothing is measured.",
      valueName: "folder"))
  var dump: String?

  @OptionGroup(title: "Computing") var compute: ComputeFlags

  func validate() throws {
    try check(seconds, "--seconds", above: 0)
    if cases.contains("-") && cases.count > 1 {
      throw ValidationError("--case - takes all cases from standard input; leave out the other --case.")
    }
    if !readsCases { _ = try chosen(by: cases) }
  }

  private var readsCases: Bool { cases == ["-"] }

  private func chosen(by choices: [String]) throws -> [BenchCase] {
    let found: [BenchCase]
    do {
      found = try BenchCase.chosen(by: choices)
    } catch {
      throw ValidationError(error.description)
    }
    if weights != .float32, let other = found.first(where: { $0.mode != .step }) {
      throw ValidationError(
        "--weights \(weights.rawValue) is for steps, and \(other.name) is none: add --case step, or name a step."
      )
    }
    return found
  }

  func run() throws {
    if list { return try Console.output.write(BenchCase.standard.map { $0.name + "\n" }.joined()) }
    try withComputeFlags(compute) {
      if let dump { return try write(to: dump) }
      try measure()
    }
  }

  private func write(to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for benchCase in try chosen(by: cases) {
      try benchCase.checkMemory()
      try NPZ.write(
        benchCase.makeWorkload(weights).results(), to: "\(folder)/\(benchCase.name).npz")
    }
  }

  private func measure() throws {
    let threads = compute.threads ?? ComputeOptions.physicalCoreCount
    let session = try BenchSession(
      threads: threads, seconds: seconds, json: json, weights: weights)
    guard readsCases else { return try session.measure(chosen(by: cases)) }
    while let line = readLine() {
      if !line.isEmpty { try session.measure(chosen(by: [line])) }
    }
  }
}
