import ArgumentParser

/// The options that say which networks of two files are meant.
struct NetworkPairOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Look only at tensors of A whose names begin so.", valueName: "prefix"))
  var prefixA: String?
  @Option(help: ArgumentHelp("The same of B.", valueName: "prefix"))
  var prefixB: String?

  @Option(help: ArgumentHelp("The network of A, if it has several.", valueName: "name"))
  var networkA: String?
  @Option(help: ArgumentHelp("The network of B.", valueName: "name"))
  var networkB: String?

  @Option(
    help: ArgumentHelp(
      "What a weight is called in A, if not as in PyTorch. Repeat it for each.", valueName: "ours=theirs"))
  var nameA: [WeightName] = []
  @Option(help: ArgumentHelp("What it is called in B.", valueName: "ours=theirs"))
  var nameB: [WeightName] = []

  @Option(
    help: ArgumentHelp(
      "A linear layer behind the network of A: fc. for fc.weight and fc.bias.", valueName: "prefix"))
  var headA: String?
  @Option(help: ArgumentHelp("A linear layer behind the network of B.", valueName: "prefix"))
  var headB: String?

  @OptionGroup var facts: VariantOptions

  var a: NetworkChoice {
    NetworkChoice(
      prefix: prefixA, network: networkA, names: nameA, head: headA, facts: facts.facts, optionEnding: "-a")
  }

  var b: NetworkChoice {
    NetworkChoice(
      prefix: prefixB, network: networkB, names: nameB, head: headB, facts: facts.facts, optionEnding: "-b")
  }
}
