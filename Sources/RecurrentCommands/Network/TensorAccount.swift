import Recurrent

/// What becomes of each of a file's tensors when one network is taken out of it.
struct TensorAccount {
  /// Those that the network consists of.
  let used: [String]
  /// Those that `--prefix` leaves out.
  private(set) var outside: [String] = []
  /// Those of networks that are not taken.
  private(set) var others: [String] = []
  /// Those that nobody asked to leave behind.
  private(set) var unused: [String] = []

  private let prefix: String

  /// - Parameters:
  ///   - used: the names of the network's tensors.
  ///   - networks: the names of the tensors of all networks.
  ///   - prefix: what names must begin with to be looked at.
  init(of names: [String], used: [String], networks: Set<String>, prefix: String) {
    (self.used, self.prefix) = (used, prefix)
    let taken = Set(used)
    for name in names where !taken.contains(name) {
      if !name.hasPrefix(prefix) {
        outside.append(name)
      } else if networks.contains(name) {
        others.append(name)
      } else {
        unused.append(name)
      }
    }
  }

  /// A line for each fate that befalls some.
  var lines: [String] {
    let fates = [
      ("used", used), ("left behind, outside of \(prefix)", outside),
      ("left behind, of other networks", others),
      ("not used", unused),
    ]
    return fates.filter { !$1.isEmpty }.map { "\($1.count.counting("tensor")) \($0): \($1.listed)" }
  }

  /// All that the network does not consist of, by fate.
  var remainders: [[String]] { [outside, others, unused].filter { !$0.isEmpty } }
}

extension [String] {
  /// The first few, and how many more there are.
  var listed: String {
    prefix(8).map(\.printable).joined(separator: ", ")
      + (count > 8 ? " and \((count - 8).grouped) more" : "")
  }
}
