/// What a command could not do with a file, a text or a network: exit code 1.
///
/// The description reads: what failed, where, found against expected, what to do.
struct CommandError: Error, CustomStringConvertible {
  /// The rule that was broken.
  enum Kind {
    /// A file or folder that cannot be read or written.
    case file
    /// Bytes that are no text.
    case encoding
    /// A folder without any text.
    case noText
    /// A text that does not fit a model or its options.
    case text
    /// A file that does not fit what is asked of it.
    case checkpoint
    /// A log that does not belong to the run.
    case log
    /// An array that is missing or does not fit the network.
    case input
    /// A network that cannot do what is asked.
    case network
    /// Training that has gone astray.
    case diverged
    /// Two networks that ought to be one.
    case different
    /// What a conversion would lose, and nobody allowed.
    case loss
    /// A published value that is not reproduced.
    case published
  }

  let kind: Kind
  /// What failed, and where.
  let place: String
  let found: String
  let expected: String
  /// What to do, or empty.
  let advice: String

  init(_ kind: Kind, _ place: String, found: String, expected: String, advice: String = "") {
    self.kind = kind
    self.place = place
    self.found = found
    self.expected = expected
    self.advice = advice
  }

  var description: String {
    "\(place): found \(found), expected \(expected)" + (advice.isEmpty ? "" : "; \(advice)")
  }
}
