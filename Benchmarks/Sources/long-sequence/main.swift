// Exact back-propagation through time over a long sequence: peak memory beyond the sequence itself, time, and whether
// checkpointing changes a bit.
//
//     swift run -c release --package-path Benchmarks long-sequence [STEPS [SHORT]]
//
// An LSTM with H 128 on one sequence of STEPS steps (100,000 unless given) with 40 numbers each, and a prediction of one
// number a step from its output. First with checkpointing, because a process's peak never falls; then plain, for the bits.
// At last SHORT steps (10,000), both ways in turns, for the time.

import ProcessMemory
import Recurrent

/// The input is visited as a parameter is, so that its gradient is taken too.
struct Tagger: Module {
  var input: Tensor
  var lstm = LSTM(inputSize: 40, hiddenSize: 128)
  var head = Linear(inputSize: 128, outputSize: 1)

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("input", &input)
    visitor.visit("lstm", &lstm)
    visitor.visit("head", &head)
  }

  func gradients(toward target: Tensor) -> Gradients {
    valueAndGradients(of: self) { model in
      meanSquaredError(model.head(model.lstm(model.input).output), target)
    }.gradients
  }
}

func megabytes(_ bytes: Int) -> String { "\((Double(bytes) / 1e5).rounded() / 10) MB" }

func seconds(_ body: () -> Void) -> Double {
  let time = ContinuousClock().measure(body)
  return Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
}

func sequence(_ steps: Int) -> (input: Tensor, target: Tensor) {
  let generator = Generator(seed: 2)
  return (generator.uniform([steps, 40], from: -1, to: 1), generator.uniform([steps, 1], from: -1, to: 1))
}

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let steps = arguments.first ?? 100_000
let short = arguments.dropFirst().first ?? 10_000

manualSeed(1)
let (input, target) = sequence(steps)
var plain = Tagger(input: input)
var checkpointed = plain
checkpointed.lstm.checkpointing = .everySquareRoot

let start = peakBytes()
let itself = 2 * steps * (40 + 128) * 4
var found: Gradients?
let time = seconds { found = checkpointed.gradients(toward: target) }
let peak = peakBytes()
print("\(steps) steps; input, output and their gradients: \(megabytes(itself))")
print("checkpointed: \(time) s, peak \(megabytes(peak)), beyond the sequence \(megabytes(peak - itself))")
print("  of which before the first step, without the input: \(megabytes(start - steps * 40 * 4))")
var expected: Gradients?
let plainTime = seconds { expected = plain.gradients(toward: target) }
print(
  "plain: \(plainTime) s, peak \(megabytes(peakBytes())), beyond the sequence \(megabytes(peakBytes() - itself))"
)
let same = zip(found!.tensors, expected!.tensors).allSatisfy { $0.scalars(as: Float.self) == $1.scalars() }
print("gradients \(same ? "have the same bits" : "DIFFER")")

let (shortInput, shortTarget) = sequence(short)
plain.input = shortInput
checkpointed.input = shortInput

var ratios: [Double] = []
for _ in 0..<9 {
  let one = seconds { _ = plain.gradients(toward: shortTarget) }
  let other = seconds { _ = checkpointed.gradients(toward: shortTarget) }
  ratios.append(other / one)
  print(
    "\(short) steps: plain \(one / Double(short) * 1e6) us a step, checkpointed \(other / Double(short) * 1e6)"
  )
}
print("checkpointed over plain, median: \(ratios.sorted()[4])")
