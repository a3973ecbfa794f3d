import ArgumentParser
import Recurrent
import RecurrentInterchange

/// `rnn convert`: a recurrent network from one system's file into another's, and the proof that it is the same one.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Turn a recurrent network's file into another system's, and prove it.",
    usage: "rnn convert <in> <out> [--to <format>] [<options>]",
    discussion: """
      Reads what rnn inspect shows, and writes the format that OUT's name ends in: .safetensors, .pt, .pth and .npz with \
      PyTorch's names, .onnx, .json (RTNeural), .nam (Neural Amp Modeler); for others say --to.

      Every tensor of IN must go into OUT. Those outside of --prefix, and those of networks that --network does not name, \
      are left behind and listed; any other is an error, unless --allow-unused says that it may be left behind too. A step \
      that loses something, such as two biases that become one, is an error without --allow-lossy. What OUT's form cannot \
      say, and would compute otherwise, is always an error.

      The file is read again before it takes OUT's place: both networks are run on \(Probe.description), and weights, \
      outputs and final states compared. A distance of 0 ULPs (units in the last place) is no difference in any bit, and is \
      demanded where nothing is lost. If that fails, OUT stays as it was.

      EXAMPLES
        rnn convert model.pt model.onnx
        rnn convert tagger.pt encoder.npz --prefix encoder.lstm.
        rnn convert amp.pt amp.nam --prefix rec. --head lin. --allow-lossy
        rnn convert gru.onnx gru.safetensors --to mlx --allow-lossy
        rnn convert g2p.npz enc.onnx --allow-unused \\
            --name weight_ih_l0=enc_w_ih --name weight_hh_l0=enc_w_hh \\
            --name bias_ih_l0=enc_b_ih --name bias_hh_l0=enc_b_hh
      """
  )

  @Argument(help: ArgumentHelp("File to read.", valueName: "in"))
  var input: String

  @Argument(help: ArgumentHelp("File to write; never the one that is read.", valueName: "out"))
  var output: String

  @Option(help: ArgumentHelp("Format to write. (default: what OUT's name ends in)", valueName: "format"))
  var to: NetworkFormat?

  @Flag(help: "Leave tensors behind that the network does not use.")
  var allowUnused = false

  @Flag(help: "Lose what the format has no room for, such as a second bias; the report says what.")
  var allowLossy = false

  @OptionGroup(title: "Network") var network: NetworkOptions

  @OptionGroup(title: "Computing") var compute: ComputeFlags

  func validate() throws {
    guard to == nil && NetworkFormat(endingOf: output) == nil else { return }
    throw ValidationError(
      "\(output) does not tell its format. Say it with --to: "
        + NetworkFormat.allValueStrings.joined(separator: ", ") + ".")
  }

  func run() throws {
    try withComputeFlags(compute) { try convert() }
  }

  private func convert() throws {
    guard let format = to ?? NetworkFormat(endingOf: output) else { return }
    let chosen = try ChosenNetwork(reading: input, network.choice)
    if !allowUnused { try checkUnused(chosen) }
    let encoded = try naming(input) { try format.encode(chosen.network) }
    if !allowLossy { try checkLosses(encoded.losses, format) }
    try WrittenFile(option: "OUT", path: output).check(besides: [(input, "input")])
    let proof = try AtomicFile.replace(output) { partial in
      try encoded.write(partial)
      return try ReadBack(partial, of: chosen, losses: encoded.losses)
    }
    try Console.output.write(report(chosen, format, encoded.losses, proof))
  }

  // MARK: - Refusals

  private func checkUnused(_ chosen: ChosenNetwork) throws {
    let unused = chosen.account.unused
    guard !unused.isEmpty else { return }
    let (heads, prefix) = (chosen.headCandidates.prefix(3), chosen.network.name)
    // Levels of other systems need not have a prefix that is theirs alone.
    let isAlone =
      network.prefix == nil && !prefix.isEmpty && chosen.account.used.allSatisfy { $0.hasPrefix(prefix) }
    let ways = [
      heads.isEmpty ? nil : "take a linear layer along with --head " + heads.joined(separator: " or "),
      isAlone ? "look at the network alone with --prefix \(prefix)" : nil,
      "leave them behind with --allow-unused",
    ].compactMap { $0 }
    throw CommandError(
      .network, "tensors of \(input) that \(chosen.network.network.kind.rawValue.uppercased()) does not use",
      found: "\(unused.count.grouped): \(unused.listed)", expected: "none",
      advice: ways.joined(separator: ", or "))
  }

  private func checkLosses(_ losses: [String], _ format: NetworkFormat) throws {
    guard !losses.isEmpty else { return }
    throw CommandError(
      .loss, "\(format.rawValue) cannot keep all of \(input)", found: losses.joined(separator: "; "),
      expected: "nothing to be lost", advice: "accept it with --allow-lossy")
  }

  // MARK: - Report

  private func report(
    _ chosen: ChosenNetwork, _ format: NetworkFormat, _ losses: [String], _ proof: ReadBack
  ) -> String {
    let bytes = FileStatus(output)?.byteCount ?? 0
    let parts: [(String, [String])] = [
      ("read", ["\(input.printable): \(chosen.description)"]), ("tensors", chosen.account.lines),
      ("lost", losses.isEmpty ? ["nothing"] : losses),
      ("wrote", ["\(output.printable): \(format.rawValue), \(bytes.counting("byte"))"]),
      ("proof", proof.lines), ("note", (chosen.assumption.map { [$0] } ?? []) + proof.notes),
    ]
    return parts.map { title, lines in
      lines.enumerated().map { index, line in
        Console.output.fitted((index == 0 ? title : "").padded(to: 9) + line, indent: 9) + "\n"
      }.joined()
    }.joined()
  }
}

/// Names the file in what maps refuse: they know a network's name only.
private func naming<Result>(_ file: String, _ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch var error as FileError where error.kind == .inexpressible {
    error.place.file = file
    throw error
  }
}
