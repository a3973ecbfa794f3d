// Time of one streaming step, by kind and size; with STEPS given, only that many steps of each, for counting calls of
// malloc from outside (Benchmarks/README.md).
//
//     swift run -c release --package-path Benchmarks stream-steps [STEPS]

import Recurrent

let fixedSteps = CommandLine.arguments.dropFirst().first.flatMap { Int($0) }
let clock = ContinuousClock()

func measure<Cell: RecurrentCell>(_ name: String, _ stream: RecurrentStream<Cell>) {
  var stream = stream
  let frame = ContiguousArray<Float>(repeating: 0.5, count: stream.inputSize)
  var output = ContiguousArray<Float>(repeating: 0, count: stream.outputSize)
  func advance(_ steps: Int) -> Duration {
    clock.measure {
      for _ in 0..<steps {
        var target = output.mutableSpan
        stream.advance(frame.span, into: &target)
      }
    }
  }
  if let fixedSteps {
    _ = advance(fixedSteps)
    return
  }
  var steps = 100
  while advance(steps) < .milliseconds(20) { steps *= 2 }
  let times = (0..<15).map { _ in advance(steps) / steps }.sorted()
  let nanoseconds = Double(times[7].components.attoseconds) / 1e9
  print(
    name, "\(nanoseconds.rounded()) ns, least \((Double(times[0].components.attoseconds) / 1e9).rounded())")
}

for (inputSize, hiddenSize) in [(1, 8), (1, 20), (32, 64), (64, 128), (128, 256)] {
  let sizes = "\(inputSize)->\(hiddenSize)"
  measure("rnn  \(sizes)", RNN(inputSize: inputSize, hiddenSize: hiddenSize).makeStream())
  measure("lstm \(sizes)", LSTM(inputSize: inputSize, hiddenSize: hiddenSize).makeStream())
  measure("gru  \(sizes)", GRU(inputSize: inputSize, hiddenSize: hiddenSize).makeStream())
}
