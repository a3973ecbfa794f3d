/// What is measured: a network, its sizes, and how it is run. Written `lstm-seq-b32-t128-i128-h256-l2-bi`.
package struct BenchCase: Equatable, Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case rnn, lstm, gru
    /// G.
    package var gateCount: Int { self == .rnn ? 1 : self == .gru ? 3 : 4 }
  }

  package enum Mode: String, CaseIterable, Sendable {
    /// One call a time step; the state is carried over.
    case step
    /// One call for the whole sequence, from a state of zeros.
    case seq
    /// The mean of squares of the outputs, and its gradient for every weight and the input.
    case train
  }

  package enum Form: String, CaseIterable, Sendable {
    case plain = ""
    /// Both directions.
    case bidirectional = "-bi"
    /// Sequences of lengths spread evenly over 1...T.
    case ragged = "-ragged"
  }

  package var kind: Kind
  package var mode: Mode
  package var batchSize: Int
  package var stepCount: Int
  package var inputSize: Int
  package var hiddenSize: Int
  package var layerCount = 1
  package var form = Form.plain

  package var directionCount: Int { form == .bidirectional ? 2 : 1 }

  package var name: String {
    "\(kind.rawValue)-\(mode.rawValue)-b\(batchSize)-t\(stepCount)-i\(inputSize)-h\(hiddenSize)-l\(layerCount)"
      + form.rawValue
  }

  /// The number of real steps of each sequence of a ragged batch, in an order without a pattern.
  package var lengths: [Int]? {
    guard form == .ragged else { return nil }
    return (0..<batchSize).map { row in
      1 + (37 * row % batchSize) * (stepCount - 1) / max(1, batchSize - 1)
    }
  }

  /// The real steps of all sequences together.
  package var rowCount: Int { lengths?.reduce(0, +) ?? batchSize * stepCount }

  /// The size of what a level reads.
  package func inputSize(ofLevel level: Int) -> Int { level == 0 ? inputSize : directionCount * hiddenSize }
}

// MARK: - Reading a name

/// Why a name is not a case's.
package struct BenchCaseError: Error, CustomStringConvertible {
  package let description: String
}

extension BenchCase {
  static let pattern = "KIND-MODE-bB-tT-iI-hH-lL[-bi|-ragged]"
  static let example = "lstm-seq-b32-t128-i128-h256-l2-bi"
  private static let largestSize = 1 << 20

  /// The case of that name.
  ///
  /// - Throws: ``BenchCaseError`` that says which part of the name is wrong.
  package init(named name: String) throws(BenchCaseError) {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    guard (7...8).contains(parts.count) else {
      throw BenchCaseError(description: "it has \(parts.count) parts, expected 7 or 8")
    }
    kind = try Self.choice(parts[0], "kind")
    mode = try Self.choice(parts[1], "mode")
    batchSize = try Self.size(parts[2], "b")
    stepCount = try Self.size(parts[3], "t")
    inputSize = try Self.size(parts[4], "i")
    hiddenSize = try Self.size(parts[5], "h")
    layerCount = try Self.size(parts[6], "l")
    form = try parts.count == 8 ? Self.choice("-" + parts[7], "ending") : .plain
    try checkCombination()
  }

  private func checkCombination() throws(BenchCaseError) {
    guard mode == .step && (stepCount > 1 || form != .plain) else { return }
    throw BenchCaseError(description: "a step has t1 and reads forward, without -bi or -ragged")
  }

  private static func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ text: String, _ part: String
  ) throws(BenchCaseError) -> Value {
    if let value = Value(rawValue: text) { return value }
    let values = Value.allCases.map(\.rawValue).filter { !$0.isEmpty }.joined(separator: ", ")
    throw BenchCaseError(description: "its \(part) is `\(text)`, expected one of \(values)")
  }

  private static func size(_ text: String, _ letter: Character) throws(BenchCaseError) -> Int {
    if text.first == letter, let value = Int(text.dropFirst()), (1...largestSize).contains(value) {
      return value
    }
    throw BenchCaseError(
      description: "`\(text)` stands where `\(letter)` and a number from 1 to \(largestSize) is expected")
  }
}
