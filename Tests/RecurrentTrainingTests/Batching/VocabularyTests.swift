import RecurrentTraining
import Testing

@Suite struct VocabularyTests {
  @Test func sortsScalarsByValue() throws {
    let vocabulary = try Vocabulary(of: "b가a👋Aa", unit: .scalar)
    #expect(vocabulary.count == 5)
    #expect(try vocabulary.encode("Aab가👋") == [0, 1, 2, 3, 4])
    #expect(vocabulary.decode([4, 3, 2, 1, 0]) == "👋가baA")
  }

  @Test func takesHangulAndEmojiApartAsTheUnitSays() throws {
    let text = "한👋🏽"
    #expect(try Vocabulary(of: text, unit: .scalar).count == 3)
    #expect(try Vocabulary(of: text, unit: .grapheme).count == 2)
    #expect(try Vocabulary(of: text, unit: .byte).encode(text).count == 3 + 8)
  }

  @Test(arguments: TextUnit.allCases)
  func decodesWhatItEncodes(unit: TextUnit) throws {
    let text = "e\u{301}é 각각 👨‍👩‍👧👋🏽\r\n\u{0}끝"
    let vocabulary = try Vocabulary(of: text, unit: unit)
    let ids = try vocabulary.encode(text)
    #expect(Array(vocabulary.decode(ids).unicodeScalars) == Array(text.unicodeScalars))
    #expect(vocabulary.decodeBytes(ids) == Array(text.utf8))
    #expect(Set(ids) == Set(0..<Int64(vocabulary.count)))
  }

  @Test func sortsGraphemesByTheirScalarsAndKeepsCanonicalEquivalentsApart() throws {
    // e < e + acute < f < composed é < the waving hand < the same with a skin tone.
    let text = "👋🏽é👋fe\u{301}e"
    let vocabulary = try Vocabulary(of: text, unit: .grapheme)
    #expect(vocabulary.count == 6)
    #expect(try vocabulary.encode(text) == [5, 3, 4, 2, 1, 0])
  }

  @Test func sortsBytesByValue() throws {
    let vocabulary = try Vocabulary(of: "é a", unit: .byte)
    #expect(try vocabulary.encode(" aé") == [0, 1, 3, 2])
    #expect(vocabulary.decodeBytes([3]) == [0xC3])
    #expect(vocabulary.decode([3]) == "\u{FFFD}")
  }

  @Test func saysWhichUnitIsUnknownAndWhere() throws {
    let scalars = try Vocabulary(of: "ab", unit: .scalar)
    let error = #expect(throws: TrainingError.self) { try scalars.encode("ab가") }
    #expect(error?.kind == .unknownUnit)
    #expect(error?.place == "text, scalar 2")
    #expect(error?.found == "U+AC00")
    let bytes = #expect(throws: TrainingError.self) { try Vocabulary(of: "a", unit: .byte).encode("\n") }
    #expect(bytes?.found == "0x0A")
    let clusters = #expect(throws: TrainingError.self) {
      try Vocabulary(of: "a", unit: .grapheme).encode("a👋🏽")
    }
    #expect(clusters?.found == "U+1F44B U+1F3FD")
  }

  @Test(arguments: TextUnit.allCases)
  func needsAtLeastOneUnit(unit: TextUnit) {
    let error = #expect(throws: TrainingError.self) { try Vocabulary(of: "", unit: unit) }
    #expect(error?.kind == .emptyText)
  }
}
