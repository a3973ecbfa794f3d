extension BenchCase {
  /// The cases that are measured unless others are asked for: those that Benchmarks/ compares with other libraries.
  package static let standard: [BenchCase] = steps + sequences + trainings

  private static let steps: [BenchCase] =
    Kind.allCases.flatMap { kind in
      [(1, 8), (1, 20), (32, 64), (64, 128), (128, 256), (256, 512)].map { step(kind, $0, $1) }
    }
    + [Kind.lstm, .gru].flatMap { kind in [4, 16, 32].map { step(kind, $0, $0) } }
    + [named("lstm-step-b1-t1-i256-h256-l3")]

  private static let sequences: [BenchCase] =
    ["rnn-seq-b2-t4-i5-h8-l1", "rnn-seq-b2-t4-i5-h8-l10", "rnn-seq-b2-t4-i5-h8-l1-bi"].map(named)
    + Kind.allCases.map { named("\($0.rawValue)-seq-b1-t100-i64-h128-l1") }
    + Kind.allCases.map { named("\($0.rawValue)-seq-b32-t128-i128-h256-l1") }
    + [
      "lstm-seq-b32-t128-i128-h256-l2-bi", "lstm-seq-b64-t50-i512-h512-l2", "lstm-seq-b64-t50-i500-h500-l1",
      "lstm-seq-b1-t1000-i40-h256-l3",
    ].map(named)

  private static let trainings: [BenchCase] =
    Kind.allCases.map { named("\($0.rawValue)-train-b50-t50-i128-h128-l2") }
    + [
      "lstm-train-b32-t100-i256-h512-l1", "lstm-train-b16-t200-i40-h256-l2-bi",
      "rnn-train-b4-t1000-i8-h64-l1",
      "lstm-train-b64-t100-i128-h256-l1-ragged",
    ].map(named)

  private static func step(_ kind: Kind, _ inputSize: Int, _ hiddenSize: Int) -> BenchCase {
    BenchCase(
      kind: kind, mode: .step, batchSize: 1, stepCount: 1, inputSize: inputSize, hiddenSize: hiddenSize)
  }

  private static func named(_ name: String) -> BenchCase {
    do {
      return try BenchCase(named: name)
    } catch {
      preconditionFailure("\(name): \(error)")
    }
  }

  /// The cases that `choices` mean, in their order: names spelled out, or parts of the names of standard cases.
  ///
  /// - Throws: ``BenchCaseError`` that says why a choice means none, and what to do.
  package static func chosen(by choices: [String]) throws(BenchCaseError) -> [BenchCase] {
    var cases: [BenchCase] = []
    for choice in choices {
      for found in try chosen(by: choice) where !cases.contains(found) { cases.append(found) }
    }
    return choices.isEmpty ? standard : cases
  }

  private static func chosen(by choice: String) throws(BenchCaseError) -> [BenchCase] {
    if let exact = standard.first(where: { $0.name == choice }) { return [exact] }
    let reason: BenchCaseError
    do {
      return [try BenchCase(named: choice)]
    } catch {
      reason = error
    }
    let found = standard.filter { $0.name.contains(choice) }
    guard found.isEmpty || choice.isEmpty else { return found }
    throw BenchCaseError(
      description: """
        --case \(choice) is part of no known case and names no other: \(reason). A case is \(pattern), such as \
        \(example); \(advice(for: choice))
        """)
  }

  private static func advice(for choice: String) -> String {
    let count = choice.split(separator: "-").count
    let beginnings = standard.map { $0.name.split(separator: "-").prefix(count).joined(separator: "-") }
    let near = beginnings.min { distance($0, choice) < distance($1, choice) }
    guard let near, distance(near, choice) <= 3 else { return "`rnn bench --list` lists those known." }
    return "did you mean \(near)? `rnn bench --list` lists those known."
  }

  /// The least number of characters to insert, remove or replace (Levenshtein).
  private static func distance(_ a: String, _ b: String) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let replaced = diagonal + (x == y ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
      }
    }
    return row[b.count]
  }
}
