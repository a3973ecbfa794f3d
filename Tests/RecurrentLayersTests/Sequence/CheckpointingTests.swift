import Recurrent
import RecurrentKernels
import RecurrentLayers
import RecurrentTestSupport
import Testing

@Suite struct CheckpointingTests {
  static let shape = CellShape(.lstm, .float32, inputSize: 40, hiddenSize: 128)

  private func length(
    _ checkpointing: Checkpointing, steps: Int, batch: Int = 1, cells: Int = 1
  ) -> Int? {
    let packing = PackedBatch(stepCount: steps, batchSize: batch)
    return checkpointing.pieceLength(Self.shape, cellCount: cells, packing)
  }

  @Test func nothingIsCutUnlessAsked() {
    #expect(length(.none, steps: 100_000) == nil)
    #expect(LSTM(inputSize: 2, hiddenSize: 3).checkpointing == .none)
  }

  @Test func piecesHaveTheSquareRootOfTheSteps() {
    #expect(length(.everySquareRoot, steps: 1_000_000) == 1_000)
    #expect(length(.everySquareRoot, steps: 999_999) == 1_000)
  }

  @Test func piecesHaveAtLeast256Rows() {
    #expect(length(.everySquareRoot, steps: 10_000) == 256)
    #expect(length(.everySquareRoot, steps: 10_000, batch: 2) == 128)
    #expect(length(.everySquareRoot, steps: 10_000, batch: 50) == 100)
    #expect(length(.everySquareRoot, steps: 256) == nil)
  }

  /// Gates and cell states are 5H a step, a state 2H.
  @Test(arguments: [1, 4])
  func aBoundIsUsedButNotExceeded(cells: Int) throws {
    let (steps, number) = (10_000, 128 * 4)
    func bytes(_ length: Int) -> Int {
      length * 5 * number + cells * ((steps + length - 1) / length) * 2 * number
    }
    for limit in [1_500_000, 3_000_000, 8_000_000, 20_000_000] {
      let found = try #require(length(.bytes(limit), steps: steps, cells: cells))
      #expect(bytes(found) <= limit && bytes(found + 1) > limit, "\(limit) bytes, pieces of \(found)")
    }
    let everything = cells * (steps * 5 + 2) * number
    #expect(length(.bytes(everything), steps: steps, cells: cells) == nil)
    #expect(length(.bytes(everything - 1), steps: steps, cells: cells) != nil)
  }

  @Test func aBoundThatNothingKeepsTakesTheLeast() throws {
    let found = try #require(length(.bytes(0), steps: 10_000))
    #expect((60...70).contains(found))
  }

  @Test func cellsOfOnesOwnKeepWhatTheyRecord() {
    var layer = ContractCell.toy.makeLayer()
    layer.checkpointing = .bytes(0)
    let input = Tensor(testValues: [3, 2, 5], seed: 1).asType(.float32)
    #expect(layer.run(input).output.shape == [3, 2, 22])
  }
}
