/// A line at the bottom of the terminal that is drawn again and again, below lines that stay.
///
/// Where standard error is no terminal, nothing is drawn. Where it is gone, as when a terminal was closed, that is no
/// reason to end a run: failures are ignored.
final class LiveLine {
  private let console: Console
  private let unicode = Console.showsUnicode
  private var isDrawn = false

  let isLive: Bool

  init(_ console: Console = .error) {
    self.console = console
    isLive = console.isTerminal
  }

  /// Draws the line in place of the one before.
  func draw(_ line: ProgressLine) {
    guard isLive else { return }
    // One column stays free: terminals wrap when the last one is written.
    try? console.write("\r" + line.text(width: console.width - 1, unicode: unicode) + "\u{1B}[K")
    isDrawn = true
  }

  /// Takes the line away, so that others can be written.
  func clear() {
    guard isDrawn else { return }
    try? console.write("\r\u{1B}[K")
    isDrawn = false
  }

  /// Writes a line that stays, above the live one.
  func keep(_ text: String) {
    clear()
    try? console.writeLine(text)
  }
}
