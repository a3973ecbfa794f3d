import Recurrent
import Testing

struct InspectCommandTests {
  @Test func tensorsStatisticsAndNetworkAreShown() throws {
    let tool = try BuiltTool()
    var weights = NamedTensors(metadata: ["made\nby": "a\u{1B}[31mtest"])
    let lstm = LSTM(inputSize: 5, hiddenSize: 8, layerCount: 2, bidirectional: true)
    weights.add(lstm, at: "encoder.")
    weights["numbers"] = Tensor([1, 2, .nan, 6])
    try SafeTensors.write(weights, to: tool.path("w.safetensors"))
    let result = try tool.run("inspect", "w.safetensors")
    #expect(result.code == 0, "\(result.error)")
    #expect(
      result.text.contains(
        "LSTM at encoder.: input 5, hidden 8, 2 layers, bidirectional, bias, float32: 2,624"))
    let row = result.text.split(separator: "\n").first { $0.hasPrefix("numbers") }
    #expect(
      row?.split(separator: " ").map(String.init).suffix(6) == ["4", "1", "6", "3", "2.1602", "1"],
      "\(row ?? "")")
    // A file must not steer the terminal.
    #expect(!result.output.contains(0x1B))
    #expect(result.text.contains("made\\nby"))
  }

  @Test func everyFormatIsRead() throws {
    let tool = try BuiltTool()
    let tensor = Tensor([[1, 2], [3, 4]], dtype: .float64)
    try NPY.write(tensor, to: tool.path("x.npy"))
    try NPZ.write(["x": tensor, "empty": Tensor(zeros: [0, 3])], to: tool.path("x.npz"))
    #expect(try tool.run("inspect", "x.npy").text.contains("x.npy: npy, "))
    let text = try tool.run("inspect", "x.npz").text
    #expect(text.contains("x.npz: npz, ") && text.contains("2 tensors of 4 numbers"))
  }

  @Test func weightsUnderForeignNamesAreToldHowToName() throws {
    let tool = try BuiltTool()
    try NPZ.write(["W": Tensor(zeros: [16, 3]), "U": Tensor(zeros: [16, 4])], to: tool.path("w.npz"))
    #expect(try tool.run("inspect", "w.npz").text.contains("--name weight_ih_l0=NAME"))
    try NPZ.write(["output": Tensor(zeros: [7, 2, 4])], to: tool.path("y.npz"))
    #expect(try !tool.run("inspect", "y.npz").text.contains("--name"))
  }

  @Test func networkThatCannotBeUsedIsExplained() throws {
    let tool = try BuiltTool()
    let weights: NamedTensors = [
      "weight_ih_l0": Tensor(zeros: [8, 3]), "weight_hh_l0": Tensor(zeros: [8, 5]),
    ]
    try SafeTensors.write(weights, to: tool.path("w.safetensors"))
    let result = try tool.run("inspect", "w.safetensors")
    #expect(result.code == 0)
    #expect(result.text.contains("cannot be used"))
  }

  @Test func graphShowsItsInputsOutputsAndOperators() throws {
    let tool = try BuiltTool()
    let weights = NamedTensors(LSTM(inputSize: 3, hiddenSize: 4, layerCount: 2).parameters)
    try SafeTensors.write(weights, to: tool.path("w.safetensors"))
    #expect(try tool.run("convert", "w.safetensors", "w.onnx").code == 0)
    let text = try tool.run("inspect", "w.onnx").text
    for part in [
      "stored as ONNX does, gates i o f g", "input     input float32 [T, N, 3]\n",
      "lengths int64 [N], may be left out",
      "output    h_n float32 [2, N, 4]", "operator  LSTM x 2",
    ] {
      #expect(text.contains(part), "\(part): \(text)")
    }
  }

  @Test func parametersAreCountedAsTheFileHasThem() throws {
    let tool = try BuiltTool()
    let layer = NamedTensors([
      ("arr_0", Tensor(zeros: [3, 16])), ("arr_1", Tensor(zeros: [4, 16])), ("arr_2", Tensor(zeros: [16])),
    ])
    try NPZ.write(layer, to: tool.path("keras.npz"))
    let text = try tool.run("inspect", "keras.npz").text
    #expect(text.contains("128 parameters") && text.contains("stored as Keras does"), "\(text)")
  }

  @Test func whatIsNotRecurrentIsListed() throws {
    let tool = try BuiltTool()
    var weights: NamedTensors = ["fc.weight": Tensor(zeros: [2, 4])]
    weights.add(GRU(inputSize: 3, hiddenSize: 4), at: "gru.")
    try NPZ.write(weights, to: tool.path("w.npz"))
    let text = try tool.run("inspect", "w.npz").text
    #expect(
      text.contains("stored as PyTorch does, gates r z n")
        && text.contains("not recurrent: 1 tensor, fc.weight"), "\(text)")
  }

  @Test func checkpointShowsItsTraining() throws {
    let tool = try BuiltTool()
    try tool.write(sampleText, to: "a.txt")
    try tool.run(["train", "text", "a.txt"] + smallModel + ["--cell", "gru", "--steps", "3"])
    let text = try tool.run("inspect", "rnn.safetensors").text
    #expect(text.contains("GRU 1 x 8") && text.contains("step 3: 0 epochs and 3 windows"))
    #expect(text.contains("adam 0.004, clipping at 5.0, batch 3 x 7, seed 1"))
  }
}
