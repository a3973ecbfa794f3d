/// What was wrong with a text or a training state.
public struct TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The rule that was broken.
  public enum Kind: String, Sendable, CaseIterable {
    /// The text has no units at all.
    case emptyText
    /// The text has too few units for the streams asked for.
    case textTooShort
    /// The text has a unit that the vocabulary lacks.
    case unknownUnit
    /// The strings do not say that this is a training state.
    case notATrainingState
    /// The state has no tensor of a name it needs.
    case missingTensor
    /// The state has a tensor that the model and the optimizer have no place for.
    case unexpectedTensor
    /// A tensor has another shape or element type than the model needs.
    case wrongShape
    /// The state lacks a piece of metadata.
    case missingMetadata
    /// A piece of metadata, or the contents of a tensor, cannot be understood.
    case invalidValue
    /// The text is not the one that the run was started on.
    case differentText
  }

  /// The rule that was broken.
  public let kind: Kind
  /// Where: a tensor's or a metadata entry's name, or a place in the text.
  public let place: String
  /// What was there.
  public let found: String
  /// What should have been there, or what to do.
  public let expected: String

  /// Says what was found at a place, and what was expected there.
  public init(_ kind: Kind, place: String, found: String, expected: String) {
    self.kind = kind
    self.place = place
    self.found = found
    self.expected = expected
  }

  /// One line: the place, what was found, what was expected.
  public var description: String { "\(place): found \(found), expected \(expected)" }
}
