import Recurrent
import RecurrentTestSupport
import Testing

@Suite struct StreamSharingTests {
  private static func frame(_ step: Int, _ size: Int) -> ContiguousArray<Float> {
    ContiguousArray((0..<size).map { Float((step * 7 + $0 * 3) % 11) / 11 - 0.5 })
  }

  private static func run<Cell: RecurrentCell>(_ stream: RecurrentStream<Cell>, steps: Int) -> [Float] {
    var stream = stream
    var all: [Float] = []
    var output = ContiguousArray<Float>(repeating: .nan, count: stream.batchSize * stream.outputSize)
    for step in 0..<steps {
      frame(step, stream.batchSize * stream.inputSize).withUnsafeBufferPointer { frame in
        output.withUnsafeMutableBufferPointer { output in
          var span = output.mutableSpan
          stream.advance(frame.span, into: &span)
        }
      }
      all += output
    }
    return all
  }

  @Test func eightThreadsWithAStreamEachGiveTheBitsOfOne() async {
    let stream = LSTM(inputSize: 3, hiddenSize: 20, layerCount: 2).makeStream()
    let expected = Self.run(stream.makeStream(), steps: 40)
    let results = await withTaskGroup(of: [Float].self) { group in
      for thread in 0..<8 {
        group.addTask { Self.run(thread % 2 == 0 ? stream : stream.makeStream(), steps: 40) }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results.count == 8 && results.allSatisfy { $0 == expected })
  }

  @Test func aStreamOfAStreamBeginsAtTheBeginningWithItsOwnBatch() {
    let gru = GRU(inputSize: 3, hiddenSize: 9)
    var stream = gru.makeStream()
    let expected = Self.run(gru.makeStream(batchSize: 3), steps: 5)
    var output = ContiguousArray<Float>(repeating: 0, count: 9)
    Self.frame(0, 3).withUnsafeBufferPointer { frame in
      output.withUnsafeMutableBufferPointer { output in
        var span = output.mutableSpan
        stream.advance(frame.span, into: &span)
      }
    }
    #expect(Self.run(stream.makeStream(batchSize: 3), steps: 5) == expected)
  }

  @Test(arguments: [StreamWeights.bfloat16, .float16])
  func weightsOf16BitsGiveTheBitsOfALayerWithRoundedWeights(weights: StreamWeights) {
    check(weights, LSTM(inputSize: 3, hiddenSize: 20, layerCount: 2, projectionSize: 7)) {
      ($0.makeStream(weights: weights), $1.makeStream())
    }
    check(weights, GRU(inputSize: 3, hiddenSize: 33)) { ($0.makeStream(weights: weights), $1.makeStream()) }
    check(weights, RNN(inputSize: 3, hiddenSize: 20, nonlinearity: .relu)) {
      ($0.makeStream(weights: weights), $1.makeStream())
    }
  }

  private func check<Layer: Module, Cell>(
    _ weights: StreamWeights, _ layer: Layer,
    _ streams: (Layer, Layer) -> (RecurrentStream<Cell>, RecurrentStream<Cell>)
  ) {
    var rounded = layer
    rounded.updateParameters { name, parameter in
      guard name.hasPrefix("weight") else { return }
      parameter = Tensor(parameter.doubles.map { Self.nearest($0, weights) }, shape: parameter.shape)
    }
    let (narrow, full) = streams(layer, rounded)
    #expect(Self.run(narrow, steps: 6) == Self.run(full, steps: 6))
    #expect(Self.run(narrow, steps: 6) != Self.run(streams(layer, layer).1, steps: 6))
  }

  /// The nearest number of the type, of two equally near the even one.
  private static func nearest(_ x: Double, _ weights: StreamWeights) -> Float {
    guard x != 0 else { return Float(x) }
    let exponent = weights == .bfloat16 ? x.exponent - 7 : max(x.exponent, -14) - 10
    let unit = Double(sign: .plus, exponent: exponent, significand: 1)
    return Float((x / unit).rounded(.toNearestOrEven) * unit)
  }

  @Test func snapshotsBringTheStateBack() {
    var stream = LSTM(inputSize: 3, hiddenSize: 20).makeStream()
    var snapshot = stream.makeSnapshot()
    let fromTheBeginning = Self.run(stream, steps: 4)
    stream.state = LSTMState(
      hidden: Tensor(ones: [1, 1, 20]) * 0.25, cell: Tensor(ones: [1, 1, 20]) * -0.5)
    let fromTheMiddle = Self.run(stream, steps: 4)
    let copy = stream
    stream.restore(snapshot)
    #expect(Self.run(stream, steps: 4) == fromTheBeginning)
    #expect(Self.run(copy, steps: 4) == fromTheMiddle)
    let first = snapshot
    copy.save(into: &snapshot)
    stream.restore(snapshot)
    #expect(Self.run(stream, steps: 4) == fromTheMiddle)
    stream.restore(first)
    #expect(Self.run(stream, steps: 4) == fromTheBeginning)
  }

  @Test func composedCellsHaveSnapshotsToo() {
    let layer = RecurrentLayer(inputSize: 3) {
      ToyCell(inputSize: $0, hiddenSize: 4, dtype: .float32, generator: .default)
    }
    var stream = layer.makeStream()
    let snapshot = stream.makeSnapshot()
    let first = Self.run(stream, steps: 3)
    stream.state = stream.state + 1
    #expect(Self.run(stream, steps: 3) != first)
    stream.restore(snapshot)
    #expect(Self.run(stream, steps: 3) == first)
  }
}
