/// The rows of a ragged batch, step by step: step t owns rows `offsets[t]..<offsets[t] + counts[t]`.
///
/// Rows of the batch are sorted by length, the longest first, so `counts` never increases.
package struct PackedSteps: Sendable, Equatable {
  package let counts: [Int]
  package let offsets: [Int]
  /// Rows of the state: N, those of length zero included.
  package let batchSize: Int
  package let rowCount: Int

  package init(counts: [Int], batchSize: Int) {
    precondition(
      zip(counts, counts.dropFirst()).allSatisfy { $0 >= $1 } && (counts.first ?? 0) <= batchSize,
      "PackedSteps: counts \(counts) must not increase nor exceed the batch of \(batchSize)")
    self.counts = counts
    self.batchSize = batchSize
    var total = 0
    offsets = counts.map { count in
      defer { total += count }
      return total
    }
    rowCount = total
  }

  /// `stepCount` steps of `batchSize` rows each.
  package init(stepCount: Int, batchSize: Int) {
    self.init(counts: Array(repeating: batchSize, count: stepCount), batchSize: batchSize)
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
  func pieces(of length: Int, reversed: Bool) -> [SequencePiece] {
    let starts = counts.isEmpty ? [0] : Array(stride(from: 0, to: counts.count, by: length))
    return starts.map { start in
      let end = min(start + length, counts.count)
      return piece(reversed ? counts.count - end..<counts.count - start : start..<end, reversed)
    }
  }

  private func piece(_ times: Range<Int>, _ reversed: Bool) -> SequencePiece {
    let (before, after) =
      reversed ? (times.upperBound, times.lowerBound - 1) : (times.lowerBound - 1, times.upperBound)
    let part = PackedSteps(counts: Array(counts[times]), batchSize: batchSize)
    let firstRow = times.isEmpty ? 0 : offsets[times.lowerBound]
    func count(_ time: Int) -> Int { counts.indices.contains(time) ? counts[time] : 0 }
    return SequencePiece(
      steps: part, firstRow: firstRow, rank: reversed ? firstRow : rowCount - firstRow - part.rowCount,
      rowsBefore: count(before), rowsAfter: count(after),
      rowBefore: counts.indices.contains(before) ? offsets[before] : 0)
  }
}
