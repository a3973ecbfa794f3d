import Recurrent
import RecurrentInterchange

/// What is to be known of a network before it is used, in a few lines.
struct NetworkSummary {
  private let network: StoredNetwork
  private let system: NetworkSystem
  private let parameterCount: Int

  init(_ network: StoredNetwork, _ system: NetworkSystem, parameterCount: Int) {
    (self.network, self.system, self.parameterCount) = (network, system, parameterCount)
  }

  var text: String {
    ([title, stored] + head + untold).joined(separator: "\n  ") + "\n"
  }

  private var title: String {
    var bare = network
    bare.head = nil
    return "\(bare.title): \(parameterCount.counting("parameter"))"
  }

  private var stored: String {
    let gates = system.gateOrder(of: network.network.kind)
    return "stored as \(system.rawValue) does"
      + (gates.isEmpty ? "" : ", gates \(gates.joined(separator: " "))")
  }

  private var head: [String] {
    guard let head = network.head else { return [] }
    let activation = head.activation.map { ", \($0.spelling)" } ?? ""
    let bias = head.bias == nil ? "no bias" : "bias"
    let steps = head.isOfLastStep ? "; the graph applies it to the last step only, rnn to every step" : ""
    return ["head: linear \(head.weight.shape[1]) to \(head.weight.shape[0]), \(bias)\(activation)\(steps)"]
  }

  private var untold: [String] {
    network.isUntold(by: system)
      ? ["tanh or relu is not in the file: say --nonlinearity relu where it is"] : []
  }
}
