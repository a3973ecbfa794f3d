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
