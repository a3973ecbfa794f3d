import Foundation
import Recurrent
import RecurrentTestSupport
import Testing

/// Networks that PyTorch made, run by the tool from their files.
struct RunCommandTests {
  private static let files = ["rnn-tanh", "rnn-relu", "lstm", "lstm-projected", "gru"].flatMap { kind in
    ["float32", "float64"].map { "\(kind)-\($0)" }
  }

  @Test(arguments: files) func resultsArePyTorchs(file: String) throws {
    let tolerance = file.hasSuffix("float32") ? 1e-5 : 1e-12
    let cases = try GoldenFile("Layers/\(file).safetensors").cases(as: LayerCase.self)
    // Every seventh case: all of them are run by the layers' own tests.
    for (key, golden, tensors) in stride(from: 0, to: cases.count, by: 7).map({ cases[$0] }) {
      let tool = try BuiltTool()
      try write(tensors, to: tool)
      let result = try tool.run(golden.arguments(["--input", "in.npz", "--output", "out.npz"]))
      #expect(result.code == 0, "\(file) \(key): \(result.error)")
      let arrays = try NPZ.read(tool.path("out.npz"))
      #expect(arrays.names == (golden.isLSTM ? ["output", "h_n", "c_n"] : ["output", "h_n"]))
      for (name, ours) in arrays { expectClose(ours, tensors[name], tolerance, "\(file) \(key) \(name)") }
    }
  }

  @Test(arguments: ["rnn-tanh-float32", "lstm-projected-float32", "gru-float64"])
  func chunksGiveTheSameBits(file: String) throws {
    let cases = try GoldenFile("Layers/\(file).safetensors").cases(as: LayerCase.self)
    for (key, golden, tensors) in cases.filter({ !$0.description.bidirectional }).prefix(6) {
      let tool = try BuiltTool()
      try write(tensors, to: tool)
      try tool.run(golden.arguments(["--input", "in.npz", "--output", "whole.npz"]))
      for chunk in [1, 3, 50] {
        let result = try tool.run(
          golden.arguments(["--input", "in.npz", "--output", "pieces.npz", "--chunk", "\(chunk)"]))
        #expect(result.code == 0, "\(result.error)")
        #expect(tool.bytes("pieces.npz") == tool.bytes("whole.npz"), "\(file) \(key) chunk \(chunk)")
      }
    }
  }

  @Test func npyAndPrefixAreRead() throws {
    let tool = try BuiltTool()
    let gru = GRU(inputSize: 3, hiddenSize: 4, generator: Generator(seed: 3))
    var weights: NamedTensors = ["head.weight": Tensor(zeros: [2, 4])]
    weights.add(gru, at: "encoder.gru.")
    try SafeTensors.write(weights, to: tool.path("model.safetensors"))
    let input = Tensor(testValues: [5, 2, 3]).asType(.float32)
    try NPY.write(input, to: tool.path("x.npy"))
    for prefix in [[], ["--prefix", "encoder.gru."]] {
      let result = try tool.run(
        ["run", "model.safetensors", "--input", "x.npy", "--output", "y.npz"] + prefix)
      #expect(result.code == 0, "\(result.error)")
      #expect(result.text.contains("GRU at encoder.gru.: input 3, hidden 4"))
      let output = try NPZ.read(tool.path("y.npz"))
      #expect(output["output"]?.isBitwiseEqual(to: gru(input).output) == true)
    }
  }

  @Test func nanWeightsAreAWarning() throws {
    let tool = try BuiltTool()
    var weights = NamedTensors(RNN(inputSize: 2, hiddenSize: 3).parameters)
    weights["bias_hh_l0"] = Tensor([0, .nan, 0])
    try SafeTensors.write(weights, to: tool.path("w.safetensors"))
    try NPY.write(Tensor(zeros: [4, 1, 2]), to: tool.path("x.npy"))
    let result = try tool.run("run", "w.safetensors", "--input", "x.npy", "--output", "y.npz")
    #expect(result.code == 0)
    #expect(result.error.contains("Warning: w.safetensors, bias_hh_l0: 1 of 3 weights are NaN"))
    #expect(tool.names.contains("y.npz"))
  }

  @Test func float64InputOfAFloat32NetworkIsAWarning() throws {
    let tool = try BuiltTool()
    let weights = NamedTensors(RNN(inputSize: 2, hiddenSize: 3).parameters)
    try SafeTensors.write(weights, to: tool.path("w.safetensors"))
    try NPZ.write(
      ["input": Tensor(testValues: [4, 1, 2]), "h_0": Tensor(zeros: [1, 1, 3])], to: tool.path("x.npz"))
    let result = try tool.run("run", "w.safetensors", "--input", "x.npz", "--output", "y.npz")
    #expect(result.code == 0)
    #expect(result.error.contains("the input is rounded to float32"))
    #expect(result.error.contains("array `h_0` [1, 1, 3] is not used"))
  }

  @Test(arguments: [
    "--prefix lstm.", "--network lstm", "--name weight_ih_l0=w", "--head fc.", "--nonlinearity relu",
    "--variant clip=3.0", "--batch-first", "--chunk 2", "--chunk 2 --prefix lstm. --variant clip=3.0",
  ])
  func optionsWithoutEffectOnAGraphAreRefused(options: String) throws {
    let tool = try BuiltTool()
    let lstm = LSTM(inputSize: 2, hiddenSize: 3)
    try SafeTensors.write(NamedTensors(lstm.parameters), to: tool.path("w.safetensors"))
    #expect(try tool.run("convert", "w.safetensors", "w.onnx").code == 0)
    try NPY.write(Tensor(zeros: [4, 1, 2]), to: tool.path("x.npy"))
    let words = options.split(separator: " ").map(String.init)
    let result = try tool.run(["run", "w.onnx", "--input", "x.npy", "--output", "y.npz"] + words)
    #expect(result.code == 1 && result.output.isEmpty)
    for part in words.filter({ $0.hasPrefix("--") }) + ["with w.onnx", "rnn convert w.onnx"] {
      #expect(result.error.contains(part), "\(result.error)")
    }
    #expect(!tool.names.contains("y.npz"))
  }

  private func write(_ tensors: NamedTensors, to tool: BuiltTool) throws {
    var (weights, arrays) = (NamedTensors(), NamedTensors())
    for (name, tensor) in tensors where !name.contains(".") {
      if name.hasPrefix("weight") || name.hasPrefix("bias") { weights[name] = tensor }
      if ["input", "h0", "c0", "lengths"].contains(name) { arrays[name] = tensor }
    }
    try SafeTensors.write(weights, to: tool.path("weights.safetensors"))
    try NPZ.write(arrays, to: tool.path("in.npz"))
  }

  private func expectClose(_ ours: Tensor, _ golden: Tensor?, _ tolerance: Double, _ name: String) {
    guard let golden, golden.shape == ours.shape && golden.dtype == ours.dtype else {
      Issue.record("\(name): \(ours.dtype) \(ours.shape), expected \(golden?.shape ?? [])")
      return
    }
    func scalars(_ tensor: Tensor) -> [Double] { tensor.asType(.float64).scalars() }
    let (found, expected) = (scalars(ours), scalars(golden))
    let scale = expected.reduce(1) { max($0, abs($1)) }
    let isClose = zip(found, expected).allSatisfy { abs($0 - $1) <= tolerance * scale }
    #expect(isClose, "\(name)")
  }
}

private struct LayerCase: Decodable {
  let kind, layout: String
  let bidirectional: Bool

  var isLSTM: Bool { kind.hasPrefix("lstm") }

  func arguments(_ more: [String]) -> [String] {
    ["run", "weights.safetensors"] + more + (layout.hasPrefix("batch-first") ? ["--batch-first"] : [])
      + (kind == "rnn-relu" ? ["--nonlinearity", "relu"] : [])
  }
}
