import Foundation
import Recurrent
import RecurrentTestSupport
import Testing

/// The code in README.md, word for word (`.ci/check-snippets` compares), and what it computes.
@Suite struct ReadmeTests {
  @Test func theTwelveLinesPrintWhatPyTorchPrints() {
    // Tests that run at the same time may draw from the default generator between the seed and the weights.
    let results = (0..<20).lazy.map { _ in twelveLines() }
    let (first, last) = results.first { "\($0.first)" == Self.printedFirst } ?? twelveLines()
    #expect("\(first)" == Self.printedFirst)
    #expect("\(last)" == Self.printedLast)
    // PyTorch 2.15 in float64, from the same float32 weights.
    let exact = Tensor([
      [[0.082_910_98, 0.882_986_12], [0.229_275_21, 0.788_974_60], [0.286_462_77, 0.708_942_86]]
    ])
    expectClose(last, exact, tolerance: 1e-5)
  }

  /// What `print(rnn(x)[0].detach())` prints in PyTorch 2.15.
  static let printedFirst = """
    tensor([[[-0.3520,  0.5253],
             [-0.6842,  0.7607],
             [-0.8649,  0.9047]]])
    """
  static let printedLast = """
    tensor([[[0.0829, 0.8830],
             [0.2293, 0.7890],
             [0.2865, 0.7089]]])
    """

  private func twelveLines() -> (first: Tensor, last: Tensor) {
    var printed: [Tensor] = []
    func print(_ tensor: Tensor) { printed.append(tensor) }

    manualSeed(1)  // torch.manual_seed(1)
    var rnn = RNN(inputSize: 5, hiddenSize: 2, batchFirst: true)  // the weights PyTorch draws
    let x = Tensor([[[1, 1, 1, 1, 1], [2, 2, 2, 2, 2], [3, 3, 3, 3, 3]]])  // [N 1, T 3, I 5]
    print(rnn(x).output)  // [N 1, T 3, H 2]

    let goal = Tensor([[[0.1, 0.9], [0.2, 0.8], [0.3, 0.7]]])
    var optimizer = Adam(learningRate: 0.01)
    for _ in 1...200 {
      let (_, gradients) = valueAndGradients(of: rnn) { rnn in meanSquaredError(rnn(x).output, goal) }
      optimizer.update(&rnn, along: gradients)
    }
    print(rnn(x).output)
    return (printed[0], printed[1])
  }

  @Test func aModelOfOnesOwnLearnsFromARaggedBatch() {
    struct Tagger: Module {  // a model is a value
      var embedding = Embedding(count: 100, size: 16)
      var lstm = LSTM(inputSize: 16, hiddenSize: 32, bidirectional: true)
      var head = Linear(inputSize: 64, outputSize: 5)

      mutating func visitParameters(_ visitor: inout ParameterVisitor) {
        visitor.visit("embedding", &embedding)
        visitor.visit("lstm", &lstm)
        visitor.visit("head", &head)
      }

      func callAsFunction(_ ids: Tensor, lengths: [Int]) -> Tensor {
        head(lstm(embedding(ids), lengths: lengths).output)  // ids [T, N] -> [T, N, 5]
      }
    }

    let (ids, tags, lengths) = Self.taggedBatch
    var losses: [Double] = []

    var tagger = Tagger()
    var optimizer = AdamW()
    let schedule = CosineSchedule(learningRate: 1e-2, stepCount: 20)
    for step in 0..<20 {
      let (loss, gradients) = valueAndGradients(of: tagger) { tagger in
        crossEntropy(tagger(ids, lengths: lengths), tags, ignoreIndex: -100)
      }
      optimizer.learningRate = schedule.learningRate(atStep: step)
      optimizer.update(&tagger, along: gradients.clipped(toNorm: 1).gradients)
      losses.append(loss.item())
    }
    #expect(losses[19] < losses[0] / 2)
    #expect(tagger.parameters.names.contains("lstm.weight_hh_l0_reverse"))
  }

  /// Two sequences of 2 and 3 steps, time major; the padding's tag is the one to ignore.
  private static let taggedBatch = (
    Tensor([Int64](arrayLiteral: 7, 9, 8, 3, 0, 5), shape: [3, 2]),
    Tensor([Int64](arrayLiteral: 0, 1, 2, 3, -100, 4), shape: [3, 2]), [2, 3]
  )

  @Test func aStreamGivesTheBitsOfTheWholeSequence() {
    let sequence: [ContiguousArray<Float>] = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    var outputs: [[Float]] = []

    let lstm = LSTM(inputSize: 3, hiddenSize: 8, layerCount: 2)
    var stream = lstm.makeStream(batchSize: 1)  // packs the weights once
    var output = ContiguousArray<Float>(repeating: 0, count: stream.outputSize)
    for frame in sequence {
      var target = output.mutableSpan
      stream.advance(frame.span, into: &target)  // allocates nothing
      outputs.append(Array(output))
    }
    let whole = lstm(Tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]])).output
    expectSameBits(Tensor(outputs), whole)
  }
}
