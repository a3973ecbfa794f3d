import ArgumentParser
import Recurrent

/// `rnn verify`: whether two files hold one network.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Prove that two files hold the same recurrent network.",
    usage: "rnn verify <a> <b> [<options>]",
    discussion: """
      Compares the weights of two files of any systems, after they were put into one order, and runs both networks on \
      \(Probe.description). Differences are counted in ULPs (units in the last place: how many numbers of the coarser of the \
      two types lie between; 0 is no difference in any bit). Biases that differ one by one are compared as the sum in \
      which cells use them. Tensors that belong to no network that is compared are listed.

      Options that end in -a or -b are about that file. --nonlinearity and --variant are about both, each as far as it does \
      not tell by itself what its cells compute.

      Exits with 0 if no element is further apart than --tolerance-ulps, else with 1.

      EXAMPLES
        rnn verify model.pt model.onnx
        rnn verify tagger.pt encoder.npz --prefix-a encoder.lstm.
        rnn verify amp.pt amp.nam --prefix-a rec. --head-a lin.
        rnn verify float64.pt float32.npz --tolerance-ulps 4
      """
  )

  @Argument(help: ArgumentHelp("A file of a recurrent network.", valueName: "a"))
  var first: String

  @Argument(help: ArgumentHelp("Another, of any kind.", valueName: "b"))
  var second: String

  @Option(help: ArgumentHelp("ULPs that elements may be apart.", valueName: "count"))
  var toleranceUlps: UInt64 = 0

  @OptionGroup(title: "Networks") var pair: NetworkPairOptions

  @OptionGroup(title: "Computing") var compute: ComputeFlags

  func run() throws {
    try withComputeFlags(compute) { try verify() }
  }

  private func verify() throws {
    let a = try ChosenNetwork(reading: first, pair.a)
    let b = try ChosenNetwork(reading: second, pair.b)
    let comparison = try NetworkComparison(a.network, b.network, named: (first, second))
    try Console.output.write(report(a, b, comparison))
    guard let worst = comparison.all.worst, worst.difference.ulps > toleranceUlps else { return }
    throw CommandError(
      .different, "\(first) and \(second) differ", found: "\(worst.name) \(worst.difference.text)",
      expected: "at most \(toleranceUlps.ulpText)")
  }

  // MARK: - Report

  private func report(_ a: ChosenNetwork, _ b: ChosenNetwork, _ comparison: NetworkComparison) -> String {
    let networks = [("a", a), ("b", b)].map { letter, chosen in
      "\(letter)  \(chosen.file.printable) (\(chosen.system.rawValue)): \(chosen.description)\n"
        + (chosen.assumption.map { "   \($0)\n" } ?? "")
        + chosen.account.remainders.map { "   not compared: \($0.listed)\n" }.joined()
    }
    return Console.output.fitted(networks.joined(), indent: 3) + "\n" + table(comparison) + "\n"
      + verdict(comparison)
  }

  private func table(_ comparison: NetworkComparison) -> String {
    var table = TextTable(
      header: ["", "shape", "ULPs", "difference", "at", "a", "b"],
      [.left, .left, .right, .right, .left, .right, .right])
    for row in comparison.all {
      let ulps = row.difference.ulps
      let head = [row.name, "\(row.shape)", ulps == .max ? "NaN" : Int(clamping: ulps).grouped]
      guard let worst = row.difference.worst else {
        table.add(head + ["0", "", "", ""])
        continue
      }
      let values = row.difference.valueTexts(worst.values)
      table.add(head + [row.difference.absolute.scientific(2), "\(worst.index)", values.0, values.1])
    }
    return Console.output.fitted(table, leavingOut: [1, 4, 3])
  }

  private func verdict(_ comparison: NetworkComparison) -> String {
    let largest = comparison.all.ulps
    if largest == 0 { return "The same network: no difference in any bit.\n" }
    return largest <= toleranceUlps
      ? "The same network, within \(largest.ulpText).\n" : "Not the same: \(largest.ulpText) apart.\n"
  }
}
