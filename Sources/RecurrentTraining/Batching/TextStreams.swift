public import RecurrentTensors

/// A text cut into parallel streams for truncated backpropagation through time.
///
/// Of *n* units, the last `floor(validation * n)` are held out (the product is one float64 multiplication).
/// From the *m* units that remain, *N* streams of length `L = (m - 1) / N` (whole division) are cut one
/// behind the other: stream *b* begins at unit `b * L`. Window *s* covers units `s * T ..< (s + 1) * T` of
/// every stream; the target of a unit is the one that follows it in the text, also at a stream's end, where
/// that is the first unit of the next stream or, for the last stream, a unit that lies in no stream. An epoch
/// has `floor(L / T)` windows; what is left of each stream then is not used.
public struct TextStreams: Sendable {
  /// The number of streams, *N*.
  public let batchSize: Int
  /// The units of a window, *T*.
  public let windowLength: Int
  /// The units of a stream, *L*.
  public let streamLength: Int
  /// The ids that streams are cut from.
  public let trainingIDs: ArraySlice<Int64>
  /// The ids held out for validation, none if `validation` is too small.
  public let validationIDs: ArraySlice<Int64>

  /// The windows of an epoch.
  public var windowCount: Int { streamLength / windowLength }

  /// Cuts streams from the ids of a text.
  ///
  /// - Precondition: `batchSize` and `windowLength` are at least 1, `validation` is at least 0 and less than 1.
  /// - Throws: ``TrainingError`` of kind `emptyText`, or `textTooShort` with the number of units that are
  ///   needed.
  public init(_ ids: [Int64], batchSize: Int, windowLength: Int, validation: Double = 0) throws {
    precondition(batchSize > 0, "TextStreams: batchSize is \(batchSize), expected at least 1")
    precondition(windowLength > 0, "TextStreams: windowLength is \(windowLength), expected at least 1")
    precondition(
      validation >= 0 && validation < 1, "TextStreams: validation is \(validation), expected 0 ..< 1")
    let heldOut = TextStreams.heldOutCount(of: ids.count, validation: validation)
    let needed = batchSize * windowLength + 1
    guard ids.count - heldOut >= needed else {
      throw TextStreams.tooShort(
        ids.count, heldOut: heldOut, batchSize: batchSize, windowLength: windowLength)
    }
    self.batchSize = batchSize
    self.windowLength = windowLength
    trainingIDs = ids[..<(ids.count - heldOut)]
    validationIDs = ids[(ids.count - heldOut)...]
    streamLength = (trainingIDs.count - 1) / batchSize
  }

  /// The inputs and targets `[T, N]` of window `index` of an epoch, as int64 ids.
  ///
  /// - Precondition: `index` is from 0 to `windowCount - 1`.
  /// - Complexity: O(T * N).
  public func window(_ index: Int) -> (inputs: Tensor, targets: Tensor) {
    precondition(
      index >= 0 && index < windowCount,
      "TextStreams.window: index is \(index), expected 0 to \(windowCount - 1)")
    return (ids(from: index * windowLength), ids(from: index * windowLength + 1))
  }

  /// Row *t* holds unit `start + t` of every stream.
  private func ids(from start: Int) -> Tensor {
    var block: [Int64] = []
    block.reserveCapacity(windowLength * batchSize)
    for time in start..<(start + windowLength) {
      for stream in 0..<batchSize { block.append(trainingIDs[stream * streamLength + time]) }
    }
    return Tensor(block, shape: [windowLength, batchSize])
  }

  private static func heldOutCount(of count: Int, validation: Double) -> Int {
    Int((validation * Double(count)).rounded(.down))
  }

  private static func tooShort(
    _ count: Int, heldOut: Int, batchSize: Int, windowLength: Int
  ) -> TrainingError {
    guard count > 0 else {
      return TrainingError(.emptyText, place: "text", found: "no units", expected: "at least one")
    }
    let needed = batchSize * windowLength + 1
    let found = "\(count) units, \(count - heldOut) of them for training"
    return TrainingError(
      .textTooShort, place: "text", found: found,
      expected:
        "at least \(needed) for training: \(batchSize) streams of one window of \(windowLength), and one more;"
        + " use a longer text, a smaller batch or a shorter window")
  }
}
