import Recurrent

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Writes the lessons of the tour, and keeps count of what was compared.
final class TourPage {
  private let console: Console
  private let isUnicode = Console.showsUnicode
  let hasColor: Bool
  /// How many values and shapes were compared.
  private(set) var checkCount = 0
  /// What differed.
  private(set) var failures: [String] = []

  init(_ console: Console) {
    self.console = console
    hasColor = console.hasColor
  }

  // MARK: - Text

  func write(_ text: String) throws { try console.write(text) }

  func line(_ text: String = "") throws { try console.writeLine(text) }

  func heading(_ number: Int, _ title: String) throws {
    let text = "\(number). \(title)"
    try line(styled(text, "1") + "\n" + String(repeating: isUnicode ? "═" : "=", count: text.count) + "\n")
  }

  func paragraph(_ text: String) throws { try line(text + "\n") }

  /// Lines of code, indented.
  func code(_ text: String) throws {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    try line(lines.map { "    " + styled(String($0), "36") }.joined(separator: "\n") + "\n")
  }

  /// A tensor as PyTorch prints it, under its name and shape.
  func tensor(_ name: String, _ tensor: Tensor) throws {
    try line("\(name)  \(tensor.shape.inParentheses)\n\(tensor)\n")
  }

  // MARK: - Comparing

  /// A published shape beside ours.
  func check(_ name: String, shape: Shape, published: Shape) throws {
    let isEqual = shape == published
    count(name, isEqual)
    let row = name.padded(to: 30) + "published \(published.inParentheses)".padded(to: 24)
    try line(row + "ours \(shape.inParentheses)".padded(to: 18) + mark(isEqual ? nil : "differs"))
  }

  /// Published numbers beside ours: they agree within half of the last place published, or a few float32 ULPs near 1.
  func check(_ name: String, _ ours: Tensor, published: [String]) throws {
    let numbers = ours.asType(.float64).scalars(as: Double.self)
    try line(name.padded(to: 30) + "published".leftPadded(to: 12) + "ours".leftPadded(to: 13))
    for (index, (text, number)) in zip(published, numbers).enumerated() {
      let decimals = text.split(separator: ".").last?.count ?? 0
      let tolerance = max(0.51 * pow(10, -Double(decimals)), 4e-7)
      let difference = number - (Double(text) ?? .nan)
      let isClose = abs(difference) <= tolerance
      count("\(name)[\(index)]", isClose)
      let row = "  [\(index)]".padded(to: 30) + text.leftPadded(to: 12)
      let verdict = mark(isClose ? nil : "differs by \(difference.scientific(1))")
      try line(row + number.fixed(decimals).leftPadded(to: 13) + "  " + verdict)
    }
    try line()
  }

  /// Something that must be so, such as two ways to one result.
  func check(_ claim: String, _ isTrue: Bool) throws {
    count(claim, isTrue)
    try line(claim.padded(to: 72) + mark(isTrue ? nil : "no"))
  }

  private func count(_ name: String, _ isRight: Bool) {
    checkCount += 1
    if !isRight { failures.append(name) }
  }

  private func mark(_ failure: String?) -> String {
    if let failure { return styled((isUnicode ? "✗ " : "") + failure, "31") }
    return styled(isUnicode ? "✓" : "ok", "32")
  }

  private func styled(_ text: String, _ code: String) -> String {
    hasColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }

  /// A picture of `[T, H]` numbers from -1 to 1, with names for the steps.
  func picture(_ tensor: Tensor, steps: [String]) throws {
    let style: HeatPicture.Style = hasColor ? .color : isUnicode ? .blocks : .ascii
    try line(HeatPicture(tensor, steps: steps, style: style).text)
  }
}

extension Shape {
  /// As Python writes a tuple: `(10, 8)`.
  var inParentheses: String {
    "(" + map { "\($0)" }.joined(separator: ", ") + (count == 1 ? ",)" : ")")
  }
}
