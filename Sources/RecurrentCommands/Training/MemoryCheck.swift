import Recurrent

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension TrainingConfiguration {
  /// The bytes that training needs at least: weights of the recurrent layers, their gradients and the optimizer's two moments,
  /// and what one window keeps for its way back. As a double, since sizes may be absurd.
  var leastByteCount: Double {
    let (hidden, layers) = (Double(model.hiddenSize), Double(model.layerCount))
    let gates = Double([.rnn: 1, .gru: 3, .lstm: 4][model.cell] ?? 1)
    let weights = gates * hidden * (2 * hidden * (layers - 1) + hidden + 2 * layers)
    let window = Double(batchSize) * Double(windowLength) * hidden * layers * gates
    return 4 * (4 * weights + window)
  }

  /// Throws if training needs more memory than the machine has.
  func checkMemory() throws {
    let memory = Double(ProcessInfo.processInfo.physicalMemory)
    guard leastByteCount > memory else { return }
    throw CommandError(
      .network,
      "a model that does not fit into memory: \(model.cell) \(model.layerCount) x \(model.hiddenSize)",
      found: "a need of \((leastByteCount / 1e9).fixed(1)) GB or more",
      expected: "at most the machine's \((memory / 1e9).fixed(1)) GB",
      advice: "lower --hidden, --layers, --batch or --unroll")
  }
}
