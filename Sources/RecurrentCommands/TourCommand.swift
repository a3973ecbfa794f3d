import ArgumentParser
import Recurrent

/// `rnn tour`: five lessons, from one cell by hand to layers, checked against published values.
struct TourCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tour",
    abstract: "Learn recurrent networks in five lessons, each checked against published values.",
    discussion: """
      The lessons are the notebooks that this library grew from: first written with NumPy and PyTorch, here run by this \
      library and printed as PyTorch prints. Each published value stands beside ours.

      EXAMPLES
        rnn tour              all five
        rnn tour 3            one: a layer by hand
        rnn tour | less -R

      Exit code 1 if a published value is not reproduced.
      """
  )

  @Argument(help: "Lesson to show, 1 to 5. (default: all)")
  var lesson: Int?

  @OptionGroup(title: "Computing") var compute: ComputeFlags

  private static var lessons: [(TourPage) throws -> Void] {
    [tourOfTheCell, tourOfTheLayer, tourByHand, tourOfLetters, tourOfTheHiddenState]
  }

  func validate() throws {
    try check(lesson, "The lesson", "1 to \(Self.lessons.count)") { (1...Self.lessons.count).contains($0) }
  }

  func run() throws {
    try withComputeFlags(compute) { try show() }
  }

  private func show() throws {
    let page = TourPage(Console.output)
    for number in lesson.map({ [$0] }) ?? Array(1...Self.lessons.count) { try Self.lessons[number - 1](page) }
    try page.write("\(page.checkCount) values and shapes compared: ")
    guard page.failures.isEmpty else {
      try page.line("\(page.failures.count) differ")
      throw CommandError(
        .published, "published values are not reproduced", found: page.failures.joined(separator: ", "),
        expected: "none to differ", advice: "please report this, with the processor's name")
    }
    try page.line("all agree")
  }
}
