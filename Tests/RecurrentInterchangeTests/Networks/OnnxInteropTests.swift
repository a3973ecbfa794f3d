import Foundation
import Recurrent
import RecurrentInterchange
import Testing

/// Leaves graphs, what to feed them, and what comes out here, for `Tests/Interop/check_onnx_networks.py`, which runs them
/// in ONNX Runtime:
///
///     RECURRENT_INTEROP_FOLDER=/tmp/interop swift test --filter OnnxInteropTests
///     python Tests/Interop/check_onnx_networks.py --folder /tmp/interop
@Suite struct OnnxInteropTests {
  private static let folder = ProcessInfo.processInfo.environment["RECURRENT_INTEROP_FOLDER"]

  @Test(.enabled(if: folder != nil)) func graphsAreLeftForPython() throws {
    let folder = try #require(Self.folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for seed in 0..<100 as Range<UInt64> {
      let network = try RandomNetwork(drawing: seed).make()
      try leave(network, seed, at: "\(folder)/network\(seed)")
    }
  }

  /// The graph, that of one step if there is one, and three ways to run it: at sizes that the graph knows nothing of.
  private func leave(_ network: StoredNetwork, _ seed: UInt64, at path: String) throws {
    try OnnxMap.encode(network, as: .onnx).write(path + ".onnx")
    if !network.network.isBidirectional {
      try OnnxMap.encode(network, as: .onnxStep).write(path + "-step.onnx")
    }
    let generator = Generator(seed: seed)
    for (run, (steps, batchSize)) in [(9, 4), (1, 1), (5, 2)].enumerated() {
      let x = generator.uniform([steps, batchSize, network.network.inputSize], from: -1, to: 1)
      let states = run == 1 ? NamedTensors() : network.drawnStates(batchSize: batchSize, generator)
      let lengths = run == 2 ? nil : (0..<batchSize).map { 1 + (Int(seed) + 4 * $0) % steps }
      var arrays: NamedTensors = ["input": x]
      for (name, state) in states { arrays[name] = state }
      if let lengths { arrays["lengths"] = Tensor(lengths.map(Int64.init), shape: [batchSize]) }
      try NPZ.write(arrays, to: "\(path)-run\(run)-in.npz")
      let result = try network.run(x, states: states.isEmpty ? nil : states.map(\.tensor), lengths: lengths)
      try NPZ.write(result, to: "\(path)-run\(run)-out.npz")
    }
  }
}
