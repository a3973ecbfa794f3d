/// What a model of text reads and writes one at a time.
public enum TextUnit: String, Sendable, CaseIterable {
  /// A Unicode scalar: one Hangul syllable is one unit, an emoji with a skin tone two.
  case scalar
  /// A byte of the UTF-8 form: never more than 256 different units, whatever the script.
  case byte
  /// An extended grapheme cluster, what readers call a character: an emoji with a skin tone is one unit, and
  /// so is CR LF.
  ///
  /// Where clusters begin is settled by the Unicode version of the Swift standard library; no text is
  /// normalised.
  case grapheme

  /// Walks through the units of `text` in order: those of one code (a byte, a scalar value) go to `single`,
  /// clusters of several scalars to `cluster`.
  ///
  /// - Complexity: O(length of `text`).
  func forEachUnit(
    of text: String, single: (UInt32) throws -> Void, cluster: ([UInt32]) throws -> Void
  ) rethrows {
    switch self {
    case .byte: for byte in text.utf8 { try single(UInt32(byte)) }
    case .scalar: for scalar in text.unicodeScalars { try single(scalar.value) }
    case .grapheme:
      for character in text {
        let scalars = character.unicodeScalars
        if scalars.count == 1 {
          try single(scalars.first!.value)
        } else {
          try cluster(scalars.map(\.value))
        }
      }
    }
  }
}
