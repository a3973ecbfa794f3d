// Every float32 through exp, tanh and sigmoid on every instruction set that this processor has.
//
//     swift run -c release --package-path Benchmarks activation-sweep [STRIDE]
//
// The error is measured in units of the last place of the exact result, against the C library's float64 functions
// (below 1 ULP of float64). The bits of each instruction set must be those of the first. STRIDE visits every
// STRIDE-th float only. Exits with 1 if an error is over 2 ULP or a bit differs.

import Dispatch
import Foundation
import Recurrent

let stride = CommandLine.arguments.dropFirst().first.flatMap { UInt64($0) } ?? 1
let blockLength = 1 << 16
let blockCount = Int((1 << 32) / stride) / blockLength + 1

struct Function: Sendable {
  let name: String
  let ours: @Sendable (Tensor) -> Tensor
  let exact: @Sendable (Double) -> Double
}

let functions = [
  Function(name: "exp", ours: { Recurrent.exp($0) }, exact: { Foundation.exp($0) }),
  Function(name: "tanh", ours: { Recurrent.tanh($0) }, exact: { Foundation.tanh($0) }),
  Function(name: "sigmoid", ours: { sigmoid($0) }, exact: { 1 / (1 + Foundation.exp(-$0)) }),
]

/// The worst that a range of floats showed.
struct Finding: Sendable {
  var ulps = 0.0
  var argument: Float = 0
  var differingBits = 0

  mutating func merge(_ other: Finding) {
    if other.ulps > ulps { (ulps, argument) = (other.ulps, other.argument) }
    differingBits += other.differingBits
  }
}

/// |result - exact| in units of the last place of the exact value, rounded to float32.
func error(_ result: Float, _ exact: Double) -> Double {
  let rounded = Float(exact)
  if result.isNaN || rounded.isNaN { return result.isNaN && rounded.isNaN ? 0 : .infinity }
  if result.isInfinite || rounded.isInfinite { return result == rounded ? 0 : .infinity }
  let unit = Swift.max(Double(Float(Swift.max(exact.magnitude, 0x1p-126)).binade) * 0x1p-23, 0x1p-149)
  return (Double(result) - exact).magnitude / unit
}

func sweep(_ function: Function, block: Int) -> [Finding] {
  let first = UInt64(block) * UInt64(blockLength) * stride
  let last = min(first + UInt64(blockLength) * stride, 1 << 32)
  guard first < last else { return InstructionSet.available.map { _ in Finding() } }
  let arguments = Swift.stride(from: first, to: last, by: Int(stride)).map { Float(bitPattern: UInt32($0)) }
  let exact = arguments.map { function.exact(Double($0)) }
  let tensor = Tensor(arguments)
  var reference: [Float] = []
  return InstructionSet.available.map { instructionSet in
    let options = ComputeOptions(instructionSet: instructionSet, threadCount: 1)
    let results = withComputeOptions(options) { function.ours(tensor) }.scalars(as: Float.self)
    if reference.isEmpty { reference = results }
    var finding = Finding()
    for index in arguments.indices {
      let ulps = error(results[index], exact[index])
      if ulps > finding.ulps { (finding.ulps, finding.argument) = (ulps, arguments[index]) }
      let same = results[index].bitPattern == reference[index].bitPattern
      if !same && !(results[index].isNaN && reference[index].isNaN) { finding.differingBits += 1 }
    }
    return finding
  }
}

final class Totals: @unchecked Sendable {
  private let lock = NSLock()
  private(set) var findings = InstructionSet.available.map { _ in Finding() }

  func merge(_ other: [Finding]) {
    lock.lock()
    for index in findings.indices { findings[index].merge(other[index]) }
    lock.unlock()
  }
}

var failed = false
for function in functions {
  let totals = Totals()
  DispatchQueue.concurrentPerform(iterations: blockCount) { totals.merge(sweep(function, block: $0)) }
  for (instructionSet, finding) in zip(InstructionSet.available, totals.findings) {
    let worst = String(format: "%.3f", finding.ulps)
    print(
      "\(function.name) on \(instructionSet.rawValue): at most \(worst) ULP (at \(finding.argument)), "
        + "\(finding.differingBits) results differ from \(InstructionSet.available[0].rawValue)")
    fflush(nil)
    failed = failed || finding.ulps > 2 || finding.differingBits > 0
  }
}
exit(failed ? 1 : 0)
