/// The rows of a ragged batch, step by step: step t owns rows `offset(at: t)..<offset(at: t) + count(at: t)`.
///
/// Rows of the batch are sorted by length, the longest first, so counts never increase. Where every step has all rows,
/// nothing is stored for a step.
package struct PackedSteps: Sendable, Equatable {
  package let stepCount: Int
  /// Rows of the state: N, those of length zero included.
  package let batchSize: Int
  package let rowCount: Int
  private let ragged: Ragged?

  private struct Ragged: Equatable {
    let counts, offsets: [Int]
  }

  package init(counts: [Int], batchSize: Int) {
    precondition(
      zip(counts, counts.dropFirst()).allSatisfy { $0 >= $1 } && (counts.first ?? 0) <= batchSize,
      "PackedSteps: counts \(counts) must not increase nor exceed the batch of \(batchSize)")
    stepCount = counts.count
    self.batchSize = batchSize
    rowCount = counts.reduce(0, +)
    var total = 0
    let offsets = counts.map { count in
      defer { total += count }
      return total
    }
    ragged = counts.last == batchSize ? nil : Ragged(counts: counts, offsets: offsets)
  }

  /// `stepCount` steps of `batchSize` rows each.
  package init(stepCount: Int, batchSize: Int) {
    self.stepCount = stepCount
    self.batchSize = batchSize
    rowCount = stepCount * batchSize
    ragged = nil
  }

  /// Whether every step has all rows.
  var isFull: Bool { ragged == nil }
  func count(at step: Int) -> Int { ragged?.counts[step] ?? batchSize }
  func offset(at step: Int) -> Int { ragged?.offsets[step] ?? step * batchSize }

  /// Part `part` of `parts` of the batch's rows, all parts with much the same number of steps: the first rows have the most.
  func rowRange(_ part: Int, of parts: Int) -> Range<Int> {
    if isFull { return Parallel.range(part, of: parts, count: batchSize) }
    return firstRow(
      after: rowCount * part / parts)..<(part + 1 == parts
      ? batchSize : firstRow(after: rowCount * (part + 1) / parts))
  }

  /// The first row with at least `steps` steps of rows before it.
  private func firstRow(after steps: Int) -> Int {
    var (low, high) = (0, batchSize)
    while low < high {
      let row = (low + high) / 2
      let before = (0..<stepCount).reduce(0) { $0 + min(count(at: $1), row) }
      if before < steps { low = row + 1 } else { high = row }
    }
    return low
  }

  /// The counts and offsets as C reads them, for the length of `body`.
  func withPointers<Result>(_ body: (UnsafePointer<Int>, UnsafePointer<Int>) -> Result) -> Result {
    // An empty array has no address to give; the kernels read nothing where there are no steps.
    let steps = 0..<max(stepCount, 1)
    let counts = ragged?.counts ?? [Int](repeating: batchSize, count: steps.count)
    let offsets = ragged?.offsets ?? steps.map { $0 * batchSize }
    return (counts.isEmpty ? [0] : counts).withUnsafeBufferPointer { counts in
      (offsets.isEmpty ? [0] : offsets).withUnsafeBufferPointer { offsets in
        body(counts.baseAddress!, offsets.baseAddress!)
      }
    }
  }
}

/// Consecutive steps of a longer sequence, and what their derivative asks of the steps next to them.
struct SequencePiece {
  /// The piece as a sequence of its own: its first packed row is row 0.
  let steps: PackedSteps
  /// The packed row of the whole sequence at which the piece starts.
  let firstRow: Int
  /// The rank of the piece's first row in the order of BPTT.
  let rank: Int
  /// Whether the piece is processed first, so that BPTT comes to it last.
  var isFirst: Bool { rowsBefore == 0 }
  /// Rows of the steps that are processed right before and right after the piece; 0 at the ends of the sequence.
  let rowsBefore: Int
  let rowsAfter: Int
  /// The packed row of the whole sequence at which the step processed right before the piece starts.
  let rowBefore: Int
}

extension PackedSteps {
  /// Pieces of at most `length` steps in the order of processing; one empty piece if there are no steps.
  func pieces(of length: Int, reversed: Bool) -> some BidirectionalCollection<SequencePiece> {
    (0..<max(1, (stepCount + length - 1) / length)).lazy.map { index in
      let (start, end) = (index * length, min((index + 1) * length, stepCount))
      return piece(reversed ? stepCount - end..<stepCount - start : start..<end, reversed)
    }
  }

  private func piece(_ times: Range<Int>, _ reversed: Bool) -> SequencePiece {
    let (before, after) =
      reversed ? (times.upperBound, times.lowerBound - 1) : (times.lowerBound - 1, times.upperBound)
    let steps = 0..<stepCount
    let part =
      ragged.map { PackedSteps(counts: Array($0.counts[times]), batchSize: batchSize) }
      ?? PackedSteps(stepCount: times.count, batchSize: batchSize)
    let firstRow = times.isEmpty ? 0 : offset(at: times.lowerBound)
    return SequencePiece(
      steps: part, firstRow: firstRow, rank: reversed ? firstRow : rowCount - firstRow - part.rowCount,
      rowsBefore: steps.contains(before) ? count(at: before) : 0,
      rowsAfter: steps.contains(after) ? count(at: after) : 0,
      rowBefore: steps.contains(before) ? offset(at: before) : 0)
  }
}
