// Time of one streaming step, by kind and size, and how far single steps are from it: the longest of a thousand. With
// STEPS given, only that many steps of the smallest cells, for counting calls from outside (Tests/RealTime/run).
//
//     swift run -c release --package-path Benchmarks stream-steps [STEPS]

import Recurrent

let fixedSteps = CommandLine.arguments.dropFirst().first.flatMap { Int($0) }
let clock = ContinuousClock()

func nanoseconds(_ duration: Duration) -> Double { Double(duration.components.attoseconds) / 1e9 }
func rounded(_ x: Double) -> Double { (x * 10).rounded() / 10 }

func measure<Cell: RecurrentCell>(_ name: String, _ stream: RecurrentStream<Cell>) {
  var stream = stream
  let frame = ContiguousArray<Float>(repeating: 0.5, count: stream.inputSize)
  var output = ContiguousArray<Float>(repeating: 0, count: stream.outputSize)
  func advance(_ steps: Int) -> Duration {
    clock.measure {
      var target = output.mutableSpan
      for _ in 0..<steps { stream.advance(frame.span, into: &target) }
    }
  }
  if let fixedSteps {
    _ = advance(fixedSteps)
    return
  }
  var steps = 100
  while advance(steps) < .milliseconds(20) { steps *= 2 }
  let times = (0..<15).map { _ in nanoseconds(advance(steps) / steps) }.sorted()
  // A reading of the clock costs as much as a small step; so do two that differ by one step.
  let single = (0..<100_000).map { _ in nanoseconds(advance(1)) }.sorted()
  print(
    name,
    "\(rounded(times[7])) ns, least \(rounded(times[0])); single steps: median \(rounded(single[50_000])),",
    "99.9 % within \(rounded(single[99_900]))")
}

func measureAll(_ inputSize: Int, _ hiddenSize: Int, weights: StreamWeights = .asTrained) {
  let sizes = "\(inputSize)->\(hiddenSize)" + (weights == .asTrained ? "" : " \(weights)")
  measure(
    "rnn  \(sizes)", RNN(inputSize: inputSize, hiddenSize: hiddenSize).makeStream(weights: weights))
  measure(
    "lstm \(sizes)", LSTM(inputSize: inputSize, hiddenSize: hiddenSize).makeStream(weights: weights))
  measure(
    "gru  \(sizes)", GRU(inputSize: inputSize, hiddenSize: hiddenSize).makeStream(weights: weights))
}

let sizes = [
  (1, 8), (16, 16), (1, 20), (32, 32), (32, 64), (64, 128), (128, 256), (256, 512),
]
for (inputSize, hiddenSize) in fixedSteps == nil ? sizes : [(1, 8)] { measureAll(inputSize, hiddenSize) }
if fixedSteps == nil {
  for (inputSize, hiddenSize) in [(128, 256), (256, 512)] {
    for weights in [StreamWeights.bfloat16, .float16] { measureAll(inputSize, hiddenSize, weights: weights) }
  }
}
