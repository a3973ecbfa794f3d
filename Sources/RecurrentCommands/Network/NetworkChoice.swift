import Recurrent

/// Which network of a file is meant, what its weights are called there, and what they do not tell.
struct NetworkChoice {
  var prefix: String?
  var network: String?
  var names: [WeightName] = []
  var head: String?
  var facts = VariantFacts()
  /// What the options' names end in where a command reads two files: `-a`.
  var optionEnding = ""

  func option(_ name: String) -> String { "--" + name + optionEnding }
}

/// A file's tensors under the names by which networks are looked for, and what the file calls each.
struct RenamedTensors {
  let tensors: NamedTensors
  private let prefix: String
  /// The weights whose names are others here.
  private let renamed: [String: String]

  /// Leaves out what is outside of the prefix, and gives weights their names.
  ///
  /// - Throws: ``CommandError`` if nothing begins with the prefix; `FileError` if a weight is not there.
  init(_ all: NamedTensors, _ choice: NetworkChoice) throws {
    prefix = choice.prefix ?? ""
    let inside = choice.prefix.map { all.droppingPrefix($0) } ?? all
    guard !inside.isEmpty || choice.prefix == nil else {
      throw CommandError(
        .network, "\(choice.option("prefix")) \(prefix) with \(all.source)",
        found: all.isEmpty ? "no tensors" : "only " + all.names.listed,
        expected: "tensors whose names begin with \(prefix)")
    }
    // A weight's name in the file may be given with the prefix or without.
    let pairs = choice.names.map { [prefix] in
      (
        $0.ours,
        inside[$0.theirs] == nil && $0.theirs.hasPrefix(prefix)
          ? String($0.theirs.dropFirst(prefix.count)) : $0.theirs
      )
    }
    renamed = try Dictionary(pairs) { first, second in
      throw CommandError(
        .network, "\(choice.option("name")) with \(all.source)",
        found: "one weight called both \(first.printable) and \(second.printable)",
        expected: "one name for each weight")
    }
    tensors = renamed.isEmpty ? inside : try inside.renamed(renamed)
  }

  /// What the file calls the tensor that is called `name` here.
  func fileName(_ name: String) -> String { prefix + (renamed[name] ?? name) }
}
