/// One line that says how far a run is: a bar and figures, as many as fit.
///
///     ████████▌             43%  step 860/2,000  loss 1.532  2.21 bits/char  31.2k char/s  0:58 left
package struct ProgressLine {
  /// How much is done, from 0 to 1.
  var fraction: Double
  /// Figures, the most important first; those that do not fit are left out from the end.
  var figures: [String]
  /// The places of the figures in the line, by importance.
  var order: [Int]

  private static let barRange = 8...24

  package init(fraction: Double, figures: [String], order: [Int]) {
    self.fraction = fraction
    self.figures = figures
    self.order = order
  }

  /// The line in at most `width` columns.
  package func text(width: Int, unicode: Bool) -> String {
    var count = figures.count
    while count > 1 && length(of: count) > width { count -= 1 }
    let shown = order.filter { $0 < count }.map { figures[$0] }.joined(separator: "  ")
    let room = width - shown.count - 2
    guard room >= Self.barRange.lowerBound else { return String(shown.prefix(width)) }
    return bar(columns: min(room, Self.barRange.upperBound), unicode: unicode) + "  " + shown
  }

  private func length(of count: Int) -> Int {
    figures.prefix(count).reduce(0) { $0 + $1.count } + 2 * (count - 1)
  }

  private func bar(columns: Int, unicode: Bool) -> String {
    let done = min(max(fraction, 0), 1)
    guard unicode else {
      let full = Int((done * Double(columns - 2)).rounded(.down))
      return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: columns - 2 - full)
        + "]"
    }
    let eighths = Int((done * Double(8 * columns)).rounded(.down))
    let partial = eighths % 8 == 0 ? "" : String(Array("▏▎▍▌▋▊▉")[eighths % 8 - 1])
    let text = String(repeating: "█", count: eighths / 8) + partial
    return text + String(repeating: "░", count: columns - text.count)
  }
}
