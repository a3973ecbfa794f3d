import Recurrent
import RecurrentInterchange

/// The network of a file that was asked for, and what becomes of every tensor of the file.
struct ChosenNetwork {
  let file: String
  let system: NetworkSystem
  private(set) var network: StoredNetwork
  let account: TensorAccount
  /// What is taken for granted of the network, since neither its file nor the user says it.
  let assumption: String?
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
    let found = try Self.networks(in: renamed.tensors, choice)
    guard let system = found.system else { throw Self.noNetwork(tensors, choice) }
    self.system = system
    let chosen = try Self.choose(from: found, tensors, choice)
    network = try Self.withHead(chosen, tensors, choice)
    account = TensorAccount(
      of: tensors.names,
      // A head's names are the file's: it may stand outside of the prefix.
      used: chosen.usedTensors.map(renamed.fileName) + network.usedTensors[chosen.usedTensors.count...],
      networks: Set(found.networks.flatMap(\.usedTensors).map(renamed.fileName)),
      prefix: choice.prefix ?? "")
    assumption =
      network.isUntold(by: system) && !choice.facts.tellActivations
      ? "tanh is assumed; if it is relu, say --nonlinearity relu" : nil
    try applyFacts(choice)
    network.name = (choice.prefix ?? "") + chosen.name
  }

  /// One line, such as `LSTM at encoder.: input 5, hidden 8, 1 layer, bias, float32`.
  var description: String { network.title }

  // MARK: - Choosing

  private static func networks(in tensors: NamedTensors, _ choice: NetworkChoice) throws -> NetworkFile {
    do {
      return try NetworkFile(tensors)
    } catch var error as FileError where error.kind == .missingTensor {
      error.advice = "if it has another name there, say \(choice.option("name")) \(error.expected)=NAME"
      throw error
    }
  }

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
      throw ambiguous(
        networks, "\(choice.option("network")) \(name) with \(tensors.source)", "none of that name", choice)
    }
    if !choice.names.isEmpty, let network = networks.first(where: { $0.name.isEmpty }) { return network }
    guard networks.count == 1 else {
      throw ambiguous(
        networks, "several networks in \(tensors.source)", "\(networks.count.grouped) networks", choice)
    }
    return networks[0]
  }

  private static func ambiguous(
    _ networks: [StoredNetwork], _ place: String, _ found: String, _ choice: NetworkChoice
  ) -> CommandError {
    let list = networks.map { "\n  \($0.name.isEmpty ? "(no name)" : $0.name.printable)  \($0.network)" }
    return CommandError(
      .network, place, found: found, expected: "one to be chosen",
      advice: "say \(choice.option("network")) NAME, or its \(choice.option("prefix")):\(list.joined())")
  }

  private static func noNetwork(_ tensors: NamedTensors, _ choice: NetworkChoice) -> CommandError {
    if tensors.graph != nil && choice.names.isEmpty { return noOperator(tensors) }
    return CommandError(
      .network, "no recurrent network in \(tensors.source)",
      found: tensors.isEmpty ? "no tensors" : "tensors " + tensors.names.listed,
      expected: "weights under the names that PyTorch, MLX or Keras give them, or a graph or model file",
      advice: "say what they are called with \(choice.option("name")) weight_ih_l0=..., or where with "
        + choice.option("prefix"))
  }

  /// PyTorch's newer exporter makes steps of `nn.RNN`, and every one those of a cell.
  private static func noOperator(_ tensors: NamedTensors) -> CommandError {
    CommandError(
      .network, "no recurrent network in \(tensors.source)",
      found: "a graph without RNN, GRU or LSTM among its operators, perhaps an unrolled one",
      expected: "such an operator with its weights in the file",
      advice:
        "run the graph as it is with rnn run, or export nn.RNN with dynamo=False, which keeps the operator")
  }

  // MARK: - What goes with it

  private static func withHead(
    _ network: StoredNetwork, _ tensors: NamedTensors, _ choice: NetworkChoice
  ) throws -> StoredNetwork {
    guard let given = choice.head else { return network }
    guard network.head == nil else {
      throw CommandError(
        .network, "\(choice.option("head")) \(given) with \(tensors.source)",
        found: "a network that has a head already",
        expected: "none", advice: "leave the option out")
    }
    let prefixes = [given, (choice.prefix ?? "") + given].flatMap { [$0, $0 + ".", $0 + "/"] }
    let prefix = prefixes.first { tensors[$0 + "weight"] != nil || tensors[$0 + "kernel"] != nil } ?? given
    return try network.withHead(from: tensors, prefix: prefix)
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

  /// The prefixes of linear layers that fit behind the network, among the tensors that nobody asked to leave behind.
  var headCandidates: [String] {
    guard network.head == nil else { return [] }
    let width = network.network.directionCount * network.network.outputSize
    return account.unused.compactMap { name in
      // Keras keeps its kernels the other way round.
      for (ending, axis) in [("weight", 1), ("kernel", 0)] where name.hasSuffix(ending) {
        guard let shape = tensors[name]?.shape, shape.count == 2, shape[axis] == width else { continue }
        return String(name.dropLast(ending.count))
      }
      return nil
    }
  }
}

extension StoredNetwork {
  /// Whether weights that `system` wrote leave open what the cells apply.
  func isUntold(by system: NetworkSystem) -> Bool {
    network.kind == .rnn && !system.tellsVariant && variant.activations == nil
  }

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
