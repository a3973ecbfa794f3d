import RecurrentTraining
import Testing

@Suite struct UTF8ValidationTests {
  @Test(arguments: ["", "plain", "한글과 漢字", "👋🏽 👨‍👩‍👧", "\u{7F}\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}"])
  func acceptsEveryWellFormedText(_ text: String) {
    #expect(UTF8Validation.firstInvalidByte(in: Array(text.utf8)) == nil)
  }

  @Test(
    arguments: [
      [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xC3], [0xC3, 0x28], [0xEA, 0xB0],
      [0xEA, 0xB0, 0x41], [0xF0, 0x9F, 0x91], [0xF0, 0x9F, 0x91, 0xC0],
    ] as [[UInt8]])
  func namesTheFirstByteOfAnIllFormedSequence(_ sequence: [UInt8]) {
    let before = Array("가a".utf8)
    #expect(UTF8Validation.firstInvalidByte(in: before + sequence) == before.count)
    #expect(UTF8Validation.firstInvalidByte(in: before + sequence + Array("b".utf8)) == before.count)
  }

  /// Every leading byte with every second byte that may follow one, and those next to them, completed by
  /// continuation bytes.
  @Test func agreesWithTheStandardLibraryOnAllBeginnings() {
    for leading in UInt8(0xBF)...0xFF {
      for second in UInt8(0x7E)...0xC1 {
        let bytes = [leading, second, 0x80, 0x80]
        let repaired = String(decoding: bytes, as: UTF8.self)
        let isValid = Array(repaired.utf8) == bytes
        #expect((UTF8Validation.firstInvalidByte(in: bytes) == nil) == isValid, "\(bytes)")
      }
    }
  }
}
