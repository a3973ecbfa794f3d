import RecurrentTensors
import RecurrentTraining
import Testing

@Suite struct TextStreamsTests {
  /// 14 units: 1 held out, 13 for training, two streams of (13 - 1) / 2 = 6, windows of 2: three of them.
  @Test func cutsStreamsAsDefined() throws {
    let streams = try TextStreams(Array(0..<14), batchSize: 2, windowLength: 2, validation: 0.1)
    #expect(Array(streams.validationIDs) == [13])
    #expect(streams.streamLength == 6)
    #expect(streams.windowCount == 3)
    let (first, next) = streams.window(0)
    #expect(first.shape == [2, 2])
    #expect(first.scalars() == [0, 6, 1, 7] as [Int64])
    #expect(next.scalars() == [1, 7, 2, 8] as [Int64])
    let (last, after) = streams.window(2)
    #expect(last.scalars() == [4, 10, 5, 11] as [Int64])
    // The target at a stream's end is the unit that follows in the text.
    #expect(after.scalars() == [5, 11, 6, 12] as [Int64])
  }

  /// 24 training units, three streams of 7, windows of 3: two of them; the seventh unit of each stream is
  /// left out.
  @Test func leavesOutWhatDoesNotFillAWindow() throws {
    let streams = try TextStreams(Array(100..<124), batchSize: 3, windowLength: 3)
    #expect(streams.streamLength == 7)
    #expect(streams.windowCount == 2)
    #expect(streams.validationIDs.isEmpty)
    #expect(streams.window(1).inputs.scalars() == [103, 110, 117, 104, 111, 118, 105, 112, 119] as [Int64])
  }

  @Test(arguments: [(0.05, 19, 0), (0.05, 20, 1), (0.5, 21, 10), (0.29, 100, 28), (0.0, 50, 0)])
  func holdsOutTheFloorOfTheProduct(fraction: Double, count: Int, heldOut: Int) throws {
    let streams = try TextStreams(
      Array(0..<Int64(count)), batchSize: 1, windowLength: 1, validation: fraction)
    #expect(streams.validationIDs.count == heldOut)
    #expect(streams.trainingIDs.count == count - heldOut)
  }

  @Test func takesExactlyOneWindowAndOneUnitMore() throws {
    let streams = try TextStreams(Array(0..<13), batchSize: 3, windowLength: 4)
    #expect(streams.windowCount == 1)
    #expect(streams.window(0).targets.scalars(as: Int64.self).last == 12)
  }

  @Test func saysWhatATextThatIsTooShortNeeds() {
    let short = #expect(throws: TrainingError.self) {
      try TextStreams(Array(0..<12), batchSize: 3, windowLength: 4)
    }
    #expect(short?.kind == .textTooShort)
    #expect(short?.description.contains("at least 13 for training") == true)
    let empty = #expect(throws: TrainingError.self) { try TextStreams([], batchSize: 1, windowLength: 1) }
    #expect(empty?.kind == .emptyText)
  }
}
