import RecurrentKernels

/// How a ragged batch of sequences is stored without padding: rows sorted by length, step after step.
///
/// With rows in the order of falling length, the rows alive at step t are always the first `batchSizes[t]`, so that a
/// step is one contiguous block and nothing is computed for padding:
///
///     lengths 2 4 1     order 1 0 2     batchSizes 3 2 1 1     offsets 0 3 5 6 7
///
///     step       0        1      2     3
///     sequence   1 0 2    1 0    1     1
///
/// PyTorch's counterpart: `PackedSequence` with `enforce_sorted=False`. Equal lengths keep their order here;
/// PyTorch's sort does so up to 16 sequences.
public struct PackedBatch: Sendable, Hashable {
  /// The sequence that each sorted row comes from.
  public let order: [Int]
  /// The number of rows alive at each step; it never grows and is never 0.
  ///
  /// - Complexity: O(1), or O(T) if all sequences are full: then nothing is stored for a step.
  public var batchSizes: [Int] { ragged?.batchSizes ?? Array(repeating: batchSize, count: stepCount) }
  /// The packed row at which each step begins, and at the end the number of all rows.
  ///
  /// - Complexity: O(1), or O(T) if all sequences are full.
  public var offsets: [Int] { ragged?.offsets ?? (0...stepCount).map { $0 * batchSize } }
  /// The extents `[T, N]` of the padded batch.
  let stepLimit: Int
  /// Whether padded and packed order are the same.
  let isDense: Bool
  private let ragged: Ragged?
  /// If a derivative is recorded, keep only the state before every so many steps; nil keeps everything.
  package var pieceLength: Int?

  /// The number of sequences, those of length 0 included.
  public var batchSize: Int { order.count }
  /// The length of the longest sequence.
  public var stepCount: Int { ragged?.batchSizes.count ?? stepLimit }
  /// The number of real steps of all sequences together.
  public var rowCount: Int { offset(at: stepCount) }

  private struct Ragged: Hashable {
    let batchSizes, offsets: [Int]
  }

  /// A batch in which every sequence has `stepCount` steps.
  ///
  /// - Precondition: both are at least 0.
  public init(stepCount: Int, batchSize: Int) {
    self.init(lengths: Array(repeating: stepCount, count: batchSize), stepLimit: stepCount)
  }

  /// A batch of sequences of the given lengths, padded to `stepLimit` steps.
  ///
  /// - Precondition: every length is in `0...stepLimit`.
  /// - Complexity: O(N log N + T).
  public init(lengths: [Int], stepLimit: Int) {
    for (row, length) in lengths.enumerated() {
      precondition(
        (0...stepLimit).contains(length),
        "PackedBatch: lengths[\(row)] is \(length), expected 0...\(stepLimit)")
    }
    order = lengths.indices.sorted { (-lengths[$0], $0) < (-lengths[$1], $1) }
    self.stepLimit = stepLimit
    isDense = lengths.allSatisfy { $0 == stepLimit }
    guard !isDense || lengths.isEmpty else {
      ragged = nil
      return
    }
    let sizes = PackedBatch.batchSizes(falling: order.map { lengths[$0] })
    ragged = Ragged(
      batchSizes: sizes, offsets: sizes.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) })
  }

  /// The packed rows of step `step`.
  public func rows(at step: Int) -> Range<Int> { offset(at: step)..<offset(at: step + 1) }

  func offset(at step: Int) -> Int { ragged?.offsets[step] ?? step * batchSize }

  /// The same as the kernels take it.
  var steps: PackedSteps {
    ragged.map { PackedSteps(counts: $0.batchSizes, batchSize: batchSize) }
      ?? PackedSteps(stepCount: stepCount, batchSize: batchSize)
  }

  private static func batchSizes(falling lengths: [Int]) -> [Int] {
    var alive = lengths.count
    return (0..<(lengths.first ?? 0)).map { step in
      while lengths[alive - 1] <= step { alive -= 1 }
      return alive
    }
  }
}
