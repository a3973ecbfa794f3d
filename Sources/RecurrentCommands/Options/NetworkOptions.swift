import ArgumentParser

/// The options that say which network of a file is meant, and what its weights do not tell.
struct NetworkOptions: ParsableArguments {
  @Option(
    help: """
      Look only at tensors whose names begin with this, such as `lstm.`. (default: found, if there is one network)
      """)
  var prefix: String?

  @Option(help: ArgumentHelp("The network to take, where a file has several.", valueName: "name"))
  var network: String?

  @Option(
    help: ArgumentHelp(
      "What a weight is called in the file, if not as in PyTorch: weight_ih_l0=enc_w_ih. Repeat it for each.",
      valueName: "ours=theirs"))
  var name: [WeightName] = []

  @Option(
    help: ArgumentHelp(
      "Take a linear layer along, behind the network at each step: fc. takes fc.weight and fc.bias.",
      valueName: "prefix"))
  var head: String?

  @OptionGroup var facts: VariantOptions

  var choice: NetworkChoice {
    NetworkChoice(prefix: prefix, network: network, names: name, head: head, facts: facts.facts)
  }
}

/// What one weight is called here, and in a file: `weight_ih_l0=enc_w_ih`.
struct WeightName: ExpressibleByArgument {
  let ours: String
  let theirs: String

  init?(argument: String) {
    guard let sign = argument.firstIndex(of: "=") else { return nil }
    ours = String(argument[..<sign])
    theirs = String(argument[argument.index(after: sign)...])
    if ours.isEmpty || theirs.isEmpty { return nil }
  }
}
