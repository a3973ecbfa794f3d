import Foundation
import Recurrent
import Testing

/// Reads the files that `Tests/Interop/check_torch.py` makes, runs the networks in them, and writes them again:
///
///     python Tests/Interop/check_torch.py make /tmp/torch
///     RECURRENT_TORCH_FOLDER=/tmp/torch swift test --filter TorchInteropTests
///     python Tests/Interop/check_torch.py check /tmp/torch
@Suite struct TorchInteropTests {
  private static let folder = ProcessInfo.processInfo.environment["RECURRENT_TORCH_FOLDER"]

  @Test(.enabled(if: folder != nil)) func filesOfPyTorchAreRunAndWrittenAgain() throws {
    let folder = try #require(Self.folder)
    let cases = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix("-in.pt") }
    #expect(!cases.isEmpty)
    for file in cases.sorted() {
      let name = folder + "/" + file.dropLast("-in.pt".count)
      let tensors = try TensorFile.read(name + "-in.pt")
      #expect(try TensorFile.format(of: name + "-in.pt") == .torch)
      let inputs = try NPZ.read(name + "-input.npz")
      try NPZ.write(
        outputs(of: tensors, for: inputs["input"]!, inputs["relu"] != nil), to: name + "-output.npz")
      try TorchFile.write(tensors, to: name + "-out.pt")
    }
  }

  private func outputs(of tensors: NamedTensors, for input: Tensor, _ isRelu: Bool) throws -> NamedTensors {
    let prefix = try #require(RecurrentNetwork.prefixes(in: tensors).first)
    let network = try RecurrentNetwork(describing: tensors, prefix: prefix)
    switch network.kind {
    case .lstm:
      let (output, state) = try LSTM(from: tensors, prefix: prefix)(input)
      return ["output": output, "hidden": state.hidden, "cell": state.cell]
    case .gru:
      let (output, hidden) = try GRU(from: tensors, prefix: prefix)(input)
      return ["output": output, "hidden": hidden]
    default:
      let (output, hidden) = try RNN(from: tensors, prefix: prefix, nonlinearity: isRelu ? .relu : .tanh)(
        input)
      return ["output": output, "hidden": hidden]
    }
  }
}
