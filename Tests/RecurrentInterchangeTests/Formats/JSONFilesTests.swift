import Recurrent
import RecurrentInterchange
import Testing

/// What both readers of JSON must stand.
@Suite struct JSONFilesTests {
  private let layer =
    #"{"type":"lstm","activation":"","shape":[null,1],"weights":[[[1,-2.5e-1]],[[3]],[4,0]]}"#

  private func decode(_ text: String) throws -> NamedTensors { try TensorFile.decode(Array(text.utf8)) }

  @Test func damagedFilesAreRefused() {
    expectRobust(Array(#"{"in_shape":[null,1],"layers":[\#(layer)]}"#.utf8)) { try TensorFile.decode($0) }
    let nam =
      #"{"version":"0.5","metadata":{"a":[true,"\u00e9"]},"architecture":"LSTM","config":{},"weights":[1,-2e3]}"#
    expectRobust(Array(nam.utf8)) { try TensorFile.decode($0) }
  }

  @Test func theFormatIsToldByTheKeys() throws {
    #expect(try decode(#" {"x": 1, "layers": []}"#).metadata["rtneural.layers"] == "0")
    #expect(try decode(#"{"weights": [0.1], "architecture": "X"}"#)["weights"]?.shape == [1])
    expectError(.signature) { try decode(#"{"model": {"layers": 1}}"#) }
  }

  @Test func numbersAreThoseOfJSON() throws {
    func number(_ text: String) throws -> Float {
      try decode(#"{"architecture": "X", "weights": [\#(text)]}"#)["weights"]!.scalars(as: Float.self)[0]
    }
    for (text, value) in [
      ("0", 0), ("-0.0", -0.0), ("0.1", 0.1), ("0.10000000149011612", 0.1), ("1E+2", 100),
      ("3.4028234663852886e38", .greatestFiniteMagnitude),
      ("1e-50", 0), ("-1.5e-3", -0.0015),
    ] as [(String, Float)] {
      #expect(try number(text).bitPattern == value.bitPattern, "\(text)")
    }
    for text in [
      "01", "+1", ".5", "1.", "1e", "0x1", "NaN", "Infinity", "-", "1 2", "\"1\"", "null", "--1", "1e+-2",
    ] {
      expectError(.syntax, text) { try number(text) }
    }
    expectError(.value) { try number("1e39") }
    expectError(.syntax) { try number(String(repeating: "1", count: 2000)) }
  }

  @Test func listsMustBeRectangles() {
    for weights in ["[[1,2],[3]]", "[[1],2]", "[[[[[1]]]]]", "[[1,[2]]]"] {
      let text = #"{"layers":[{"type":"dense","weights":[\#(weights)]}]}"#
      #expect(throws: FileError.self, "\(weights)") { try decode(text) }
    }
  }

  @Test func depthAndCountsAreBounded() {
    for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
      let deep = String(repeating: open, count: 100_000) + "1" + String(repeating: close, count: 100_000)
      expectError(.syntax) { try decode(#"{"x": \#(deep), "layers": []}"#) }
    }
    let many = [String](repeating: "{}", count: 65).joined(separator: ",")
    #expect(throws: FileError.self) { try decode(#"{"layers":[\#(many)]}"#) }
    let lists = [String](repeating: "[]", count: 9).joined(separator: ",")
    expectError(.shape) { try decode(#"{"layers":[{"type":"x","weights":[\#(lists)]}]}"#) }
    expectError(.duplicate) { try decode(#"{"layers":[],"layers":[]}"#) }
    expectError(.duplicate) {
      try decode(#"{"layers":[{"type":"lstm","activation":"","activation":"tanh","weights":[]}]}"#)
    }
    let keys = (0..<65).map { "\"\($0)\":0" }.joined(separator: ",")
    expectError(.tooLarge) { try decode(#"{"architecture":"LSTM",\#(keys)}"#) }
    expectError(.missingField) { try decode(#"{"layers":[{"weights":[]}]}"#) }
  }
}
