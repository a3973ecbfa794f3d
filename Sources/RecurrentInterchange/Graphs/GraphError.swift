/// Why a graph cannot be run, or not on what it was given.
///
/// The description reads: what failed, where, found against expected, what to do.
public struct GraphError: Error, Sendable, Equatable {
  /// The rule that was broken.
  public enum Kind: String, Sendable, CaseIterable {
    /// The graph has operators that are not run here.
    case operators
    /// The graph is older or newer than what is known here.
    case version
    /// Names that are not defined, or twice.
    case structure
    /// An input that is missing or does not fit.
    case input
    /// An operator's tensors or attributes do not fit each other.
    case value
  }

  /// The rule that was broken.
  public var kind: Kind
  /// The file of the graph.
  public var file: String
  /// The operator or the input; empty if it is the whole graph.
  public var place: String
  /// What stood there.
  public var found: String
  /// What should have stood there.
  public var expected: String
  /// What to do, or empty.
  public var advice: String

  /// Makes an error.
  public init(
    _ kind: Kind, file: String, place: String = "", found: String, expected: String, advice: String = ""
  ) {
    self.kind = kind
    self.file = file
    self.place = place
    self.found = found
    self.expected = expected
    self.advice = advice
  }
}

extension GraphError: CustomStringConvertible {
  /// One line: what failed, where, found against expected, what to do.
  public var description: String {
    let location = [file, place].filter { !$0.isEmpty }.joined(separator: ", ")
    let end = advice.isEmpty ? "" : "; \(advice)"
    return "\(summary) in \(location): found \(found), expected \(expected)\(end)"
  }

  private var summary: String {
    switch kind {
    case .operators: "operators that are not run here"
    case .version: "unknown version of operators"
    case .structure: "broken graph"
    case .input: "an input that does not fit"
    case .value: "an operator that cannot be computed"
    }
  }
}
