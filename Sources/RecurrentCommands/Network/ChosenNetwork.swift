import Recurrent
import RecurrentInterchange

/// The network of a file that was asked for, and what becomes of every tensor of the file.
struct ChosenNetwork {
  /// Tensors that the network does not use, and why that is no surprise; `reason` is empty if it is one.
  struct Remainder {
    let reason: String
    let names: [String]
  }

  let file: String
  let system: NetworkSystem
  private(set) var network: StoredNetwork
  /// The file's names of the tensors that the network consists of.
  private(set) var usedNames: [String]
  /// All others, each once.
  private(set) var remainders: [Remainder] = []
  private let tensors: NamedTensors

  /// Reads a file and takes its network.
  ///
  /// - Throws: `FileError`; ``CommandError`` if there is no network, or more than one, or the choice does not fit.
  init(reading file: String, _ choice: NetworkChoice) throws {
    try self.init(TensorFile.read(file), choice)
  }

  init(_ tensors: NamedTensors, _ choice: NetworkChoice) throws {
    file = tensors.source
    self.tensors = tensors
    let renamed = try RenamedTensors(tensors, choice)
    let found = try NetworkFile(renamed.tensors)
    guard let system = found.system else { throw Self.noNetwork(tensors, choice) }
    self.system = system
    network = try Self.choose(from: found, tensors, choice)
    usedNames = network.usedTensors.map(renamed.fileName)
    try takeHead(choice)
    try applyFacts(choice)
    let others = found.networks.flatMap { $0.usedTensors.map(renamed.fileName) }
    account(for: tensors, ofOthers: Set(others), choice)
    let name = (choice.prefix ?? "") + network.name
    network.name = name
  }

  /// One line, such as `LSTM at encoder.: input 5, hidden 8, 1 layer, bias, float32`.
  var description: String { network.title }

  // MARK: - Choosing

  private static func choose(
    from file: NetworkFile, _ tensors: NamedTensors, _ choice: NetworkChoice
  ) throws -> StoredNetwork {
    let networks = file.networks
    if let name = choice.network {
      let prefix = choice.prefix ?? ""
      let isMeant = { (network: StoredNetwork) in
        [network.name, prefix + network.name].contains { $0 == name || $0 == name + "." }
      }
      if let network = networks.first(where: isMeant) { return network }
      throw ambiguous(networks, "\(choice.option("network")) \(name) with \(tensors.source)", choice)
    }
    if !choice.names.isEmpty, let network = networks.first(where: { $0.name.isEmpty }) { return network }
    guard networks.count == 1 else {
      throw ambiguous(networks, "several networks in \(tensors.source)", choice)
    }
    return networks[0]
  }

  private static func ambiguous(
    _ networks: [StoredNetwork], _ place: String, _ choice: NetworkChoice
  ) -> CommandError {
    let list = networks.map { "\n  \($0.name.isEmpty ? "(no name)" : $0.name.printable)  \($0.network)" }
    return CommandError(
      .network, place, found: list.joined(), expected: "one of them to be chosen",
      advice: "say \(choice.option("network")) NAME, or its \(choice.option("prefix"))")
  }

  private static func noNetwork(_ tensors: NamedTensors, _ choice: NetworkChoice) -> CommandError {
    CommandError(
      .network, "no recurrent network in \(tensors.source)",
      found: tensors.isEmpty ? "no tensors" : "tensors " + tensors.names.listed,
      expected: "weights under the names that PyTorch, MLX or Keras give them, or a graph or model file",
      advice: "say what they are called with \(choice.option("name")) weight_ih_l0=..., or where with "
        + choice.option("prefix"))
  }

  // MARK: - What goes with it

  private mutating func takeHead(_ choice: NetworkChoice) throws {
    guard let given = choice.head else { return }
    guard network.head == nil else {
      throw CommandError(
        .network, "\(choice.option("head")) \(given) with \(file)",
        found: "a network that has a head already",
        expected: "none", advice: "leave the option out")
    }
    let prefix = [given, given + "."].first { tensors[$0 + "weight"] != nil } ?? given
    let before = network.usedTensors.count
    network = try network.withHead(from: tensors, prefix: prefix)
    usedNames += network.usedTensors[before...]
  }

  private mutating func applyFacts(_ choice: NetworkChoice) throws {
    let options = choice.facts.options
    guard !options.isEmpty else { return }
    guard system.tellsVariant else { return try choice.facts.apply(to: &network, file: file) }
    // Of two files one may tell, and the other may not.
    guard choice.optionEnding.isEmpty else { return }
    throw CommandError(
      .network, "\(options) with \(file)",
      found: "\(system.rawValue)'s form, which tells what its cells compute",
      expected: "weights that do not tell", advice: "leave the option out")
  }

  // MARK: - Accounting

  /// The prefix of a linear layer that fits behind the network, among the tensors that nobody asked to leave behind.
  var headCandidate: String? {
    let width = network.network.directionCount * network.network.outputSize
    let weight = unusedNames.first { name in
      guard name.hasSuffix("weight"), let shape = tensors[name]?.shape else { return false }
      return shape.count == 2 && shape[1] == width
    }
    return weight.map { String($0.dropLast("weight".count)) }
  }

  private mutating func account(for tensors: NamedTensors, ofOthers: Set<String>, _ choice: NetworkChoice) {
    let used = Set(usedNames)
    var (outside, others, unused): ([String], [String], [String]) = ([], [], [])
    for name in tensors.names where !used.contains(name) {
      if let prefix = choice.prefix, !name.hasPrefix(prefix) {
        outside.append(name)
      } else if ofOthers.contains(name) {
        others.append(name)
      } else {
        unused.append(name)
      }
    }
    remainders = [
      Remainder(reason: "outside of \(choice.prefix ?? "")", names: outside),
      Remainder(reason: "of other networks", names: others), Remainder(reason: "", names: unused),
    ].filter { !$0.names.isEmpty }
  }

  /// The tensors that nobody asked to leave behind.
  var unusedNames: [String] { remainders.first { $0.reason.isEmpty }?.names ?? [] }

  /// What becomes of the file's tensors, a line each.
  var accountLines: [String] {
    ["\(usedNames.count.counting("tensor")) used: \(usedNames.listed)"]
      + remainders.map { remainder in
        let reason = remainder.reason.isEmpty ? "not used" : "left behind, \(remainder.reason)"
        return "\(remainder.names.count.counting("tensor")) \(reason): \(remainder.names.listed)"
      }
  }
}

extension StoredNetwork {
  /// One line with the network's name and what it has beside its recurrent levels.
  var title: String {
    let text = "\(network)"
    let place = name.isEmpty ? "" : " at \(name.printable)"
    let colon = text.firstIndex(of: ":") ?? text.endIndex
    let variant = variant.simplified(for: network.kind).spelling
    let parts = (variant.isEmpty ? [] : [variant]) + (head.map { [$0.title] } ?? [])
    return text[..<colon] + place + text[colon...] + parts.map { ", \($0)" }.joined()
  }
}

extension StoredNetwork.Head {
  fileprivate var title: String {
    "head \(weight.shape[0])" + (isOfLastStep ? " (the graph applies it to the last step only)" : "")
  }
}
