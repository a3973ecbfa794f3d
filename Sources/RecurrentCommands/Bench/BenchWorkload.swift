import Recurrent

/// A case's network, its input, and the work that is measured.
protocol BenchWorkload: Workload {
  /// Input, weights, output (after the fourth step, if the case is a step) and gradients, for others to check.
  func results() -> NamedTensors
}

/// What a case is run on: weights spread evenly over ±1/√H, input from a normal distribution.
struct BenchNetwork<Cell: RecurrentCell> {
  let layer: RecurrentLayer<Cell>
  /// What users call: the output of ``RNN``, ``LSTM`` or ``GRU`` for an input and lengths.
  let call: (Tensor, [Int]?) -> Tensor
  let input: Tensor
  let lengths: [Int]?
  let weights: StoredWeights

  /// Input, lengths and weights under their names.
  var tensors: NamedTensors {
    var tensors: NamedTensors = ["input": input]
    if let lengths { tensors["lengths"] = Tensor(lengths.map { Int64($0) }, shape: [lengths.count]) }
    for (name, tensor) in layer.parameters { tensors[name] = tensor }
    return tensors
  }
}

/// One call a time step: a frame in, an output out, through spans.
private struct StepWorkload<Cell: RecurrentCell>: BenchWorkload {
  private let network: BenchNetwork<Cell>
  private var stream: RecurrentStream<Cell>
  private let frame: ContiguousArray<Float>
  private var output: ContiguousArray<Float>

  init(_ network: BenchNetwork<Cell>) {
    self.network = network
    stream = network.layer.makeStream(
      batchSize: network.input.shape[1], weights: network.weights.ofStream)
    frame = ContiguousArray(network.input.scalars(as: Float.self))
    output = ContiguousArray(repeating: 0, count: stream.batchSize * stream.outputSize)
  }

  mutating func run(_ times: Int) { Self.advance(&stream, frame, &output, times) }

  private static func advance(
    _ stream: inout RecurrentStream<Cell>, _ frame: ContiguousArray<Float>,
    _ output: inout ContiguousArray<Float>, _ times: Int
  ) {
    for _ in 0..<times {
      var target = output.mutableSpan
      stream.advance(frame.span, into: &target)
    }
  }

  func results() -> NamedTensors {
    var copy = StepWorkload(network)
    copy.run(4)
    var tensors = network.tensors
    tensors["output"] = Tensor(Array(copy.output), shape: [1, stream.batchSize, stream.outputSize])
    return tensors
  }
}

/// The whole sequence as one block of a stream that is reset before.
private struct BlockWorkload<Cell: RecurrentCell>: Workload {
  private var stream: RecurrentStream<Cell>
  private let frames: ContiguousArray<Float>
  private var outputs: ContiguousArray<Float>
  private let stepCount: Int

  init(_ network: BenchNetwork<Cell>) {
    stepCount = network.input.shape[0]
    stream = network.layer.makeStream(batchSize: network.input.shape[1])
    frames = ContiguousArray(network.input.scalars(as: Float.self))
    outputs = ContiguousArray(repeating: 0, count: stepCount * stream.batchSize * stream.outputSize)
  }

  mutating func run(_ times: Int) { Self.advance(&stream, frames, &outputs, times) }

  private static func advance(
    _ stream: inout RecurrentStream<Cell>, _ frames: ContiguousArray<Float>,
    _ outputs: inout ContiguousArray<Float>, _ times: Int
  ) {
    for _ in 0..<times {
      stream.reset()
      var target = outputs.mutableSpan
      stream.advance(frames.span, into: &target)
    }
  }

  var output: Tensor { Tensor(Array(outputs), shape: [stepCount, stream.batchSize, stream.outputSize]) }
}

/// The whole sequence from a state of zeros, in the faster of two ways: one call of the layer, or one block of a stream,
/// which is tried where a call takes less than a millisecond.
private struct SequenceWorkload<Cell: RecurrentCell>: BenchWorkload {
  private let network: BenchNetwork<Cell>
  private var block: BlockWorkload<Cell>?

  init(_ network: BenchNetwork<Cell>) {
    self.network = network
    guard network.lengths == nil, !network.layer.isBidirectional else { return }
    run(1)
    let start = ContinuousClock.now
    run(1)
    guard start.secondsUntilNow < 1e-3 else { return }
    var (call, block) = (self, BlockWorkload(network))
    let callTime = Timing(&call, seconds: 0.02, singleCalls: false).median
    if Timing(&block, seconds: 0.02, singleCalls: false).median < callTime { self.block = block }
  }

  mutating func run(_ times: Int) {
    if block == nil { for _ in 0..<times { _ = output() } } else { block!.run(times) }
  }

  private func output() -> Tensor { network.call(network.input, network.lengths) }

  func results() -> NamedTensors {
    var tensors = network.tensors
    var block = block
    block?.run(1)
    tensors["output"] = block?.output ?? output()
    return tensors
  }
}

/// Loss and gradients; nothing is updated.
private struct TrainingWorkload<Cell: RecurrentCell>: BenchWorkload {
  let network: BenchNetwork<Cell>

  func run(_ times: Int) { for _ in 0..<times { _ = gradients() } }

  /// Of every weight, in order, and of the input.
  private func gradients() -> [Tensor] {
    valueAndGradients(at: network.layer.parameters.tensors + [network.input]) { watched in
      var layer = network.layer
      var rest = watched[...]
      layer.updateParameters { _, parameter in parameter = rest.removeFirst() }
      return square(layer(rest.removeFirst(), lengths: network.lengths).output).mean()
    }.gradients
  }

  func results() -> NamedTensors {
    var tensors = network.tensors
    tensors["output"] = network.layer(network.input, lengths: network.lengths).output
    for (name, tensor) in zip(network.layer.parameters.names + ["input"], gradients()) {
      tensors["gradient.\(name)"] = tensor
    }
    return tensors
  }
}

// MARK: - From a case

extension BenchCase {
  func makeWorkload(_ weights: StoredWeights) -> any BenchWorkload {
    let generator = Generator(seed: 1)
    let (isBidirectional, levels) = (form == .bidirectional, layerCount)
    switch kind {
    case .rnn:
      let layer = RNN(
        inputSize: inputSize, hiddenSize: hiddenSize, layerCount: levels, bidirectional: isBidirectional,
        generator: generator)
      return workload(layer.layer, weights) { layer($0, lengths: $1).output }
    case .lstm:
      let layer = LSTM(
        inputSize: inputSize, hiddenSize: hiddenSize, layerCount: levels, bidirectional: isBidirectional,
        generator: generator)
      return workload(layer.layer, weights) { layer($0, lengths: $1).output }
    case .gru:
      let layer = GRU(
        inputSize: inputSize, hiddenSize: hiddenSize, layerCount: levels, bidirectional: isBidirectional,
        generator: generator)
      return workload(layer.layer, weights) { layer($0, lengths: $1).output }
    }
  }

  private func workload<Cell: RecurrentCell>(
    _ layer: RecurrentLayer<Cell>, _ weights: StoredWeights, call: @escaping (Tensor, [Int]?) -> Tensor
  ) -> any BenchWorkload {
    let input = Generator(seed: 2).normal([stepCount, batchSize, inputSize])
    let network = BenchNetwork(layer: layer, call: call, input: input, lengths: lengths, weights: weights)
    switch mode {
    case .step: return StepWorkload(network)
    case .seq: return SequenceWorkload(network)
    case .train: return TrainingWorkload(network: network)
    }
  }
}
