import Recurrent
import Testing

@Suite struct FileErrorTests {
  @Test func itSaysWhatFailedWhereFoundAgainstExpectedAndWhatToDo() {
    let place = FileError.Place(file: "model.safetensors", tensor: "fc.weight", byte: 12)
    let error = FileError(.overlap, at: place, found: "begin 12", expected: "16, the last tensor's end")
    #expect(
      "\(error)" == """
        shared bytes in model.safetensors, tensor "fc.weight", byte 12: found begin 12, expected 16, the last \
        tensor's end; the file is damaged: copy or export it again
        """)
  }

  @Test func namesOutOfFilesCannotSteerATerminal() {
    let place = FileError.Place(file: "f", tensor: "\u{1B}[2Jx\n" + String(repeating: "long", count: 50))
    let text = "\(FileError(.dtype, at: place, found: "a", expected: "b"))"
    #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    #expect(text.count < 250)
  }
}
