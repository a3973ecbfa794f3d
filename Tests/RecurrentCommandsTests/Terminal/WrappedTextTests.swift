import RecurrentCommands
import Testing

struct WrappedTextTests {
  @Test func linesBreakAtBlanksAndKeepTheirIndentation() {
    let text = "read     a network of several words\n  kept as it is"
    #expect(
      text.wrapped(to: 20, indent: 9)
        == "read     a network\n         of several\n         words\n  kept as it is")
  }

  @Test(arguments: 1...40) func noWordIsLost(width: Int) {
    let text = "  one two  three-and-more four, five"
    let words = text.wrapped(to: width, indent: 2).split(whereSeparator: \.isWhitespace)
    #expect(words == text.split(whereSeparator: \.isWhitespace))
    let long = text.wrapped(to: width).split(separator: "\n").filter { $0.count > width }
    #expect(long.allSatisfy { $0.trimmingPrefix { $0 == " " }.split(separator: " ").count == 1 }, "\(long)")
  }
}
