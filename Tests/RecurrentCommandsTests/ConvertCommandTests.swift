import Recurrent
import RecurrentInterchange
import RecurrentTestSupport
import Testing

/// Networks from one form into another, by the built tool.
struct ConvertCommandTests {
  /// The formats that keep a network with two biases whole.
  static let exactFormats = ["safetensors", "npz", "torch", "onnx"]

  @Test(arguments: exactFormats, exactFormats) func networkComesBackBitForBit(first: String, second: String)
    throws
  {
    let tool = try BuiltTool()
    let lstm = LSTM(inputSize: 3, hiddenSize: 5, layerCount: 2, bidirectional: true)
    try SafeTensors.write(NamedTensors(lstm.parameters), to: tool.path("in.safetensors"))
    try expectDone(tool.run("convert", "in.safetensors", "a", "--to", first))
    try expectDone(tool.run("convert", "a", "b", "--to", second))
    let result = try tool.run("convert", "b", "out.safetensors")
    try expectDone(result)
    #expect(result.text.contains("lost     nothing"))
    #expect(result.text.contains("weights 0 ULPs apart, outputs and states 0 ULPs apart"))
    let weights = try SafeTensors.read(tool.path("out.safetensors"))
    #expect(weights.names == lstm.parameters.names)
    for (name, tensor) in lstm.parameters { expectSameBits(try #require(weights[name]), tensor, name) }
  }

  /// All that are written, and whether the file tells that a head stands behind the network.
  static let writtenFormats = [
    "safetensors": true, "npz": false, "torch": false, "onnx": true, "onnx-step": true, "mlx": true,
    "mlx-npz": false, "rtneural": true, "nam": true,
  ]

  static let names = writtenFormats.keys.sorted()

  /// A guitar amplifier, which every format has room for, goes from each format to each and is still the same.
  @Test(arguments: names) func outputsOutliveEveryPairOfFormats(first: String) throws {
    let tool = try BuiltTool()
    var weights = NamedTensors()
    weights.add(LSTM(inputSize: 1, hiddenSize: 3), at: "rec.")
    weights.add(Linear(inputSize: 3, outputSize: 1), at: "lin.")
    try SafeTensors.write(weights, to: tool.path("amp"))
    func head(_ format: String, _ option: String = "--head") -> [String] {
      Self.writtenFormats[format] == true ? [] : [option, "head."]
    }
    try expectDone(tool.run("convert", "amp", "a", "--to", first, "--head", "lin.", "--allow-lossy"))
    for second in Self.names {
      try expectDone(tool.run(["convert", "a", "b", "--to", second, "--allow-lossy"] + head(first)))
      let result = try tool.run(["verify", "amp", "b", "--head-a", "lin."] + head(second, "--head-b"))
      #expect(result.code == 0, "\(first) to \(second): \(result.error)")
    }
  }

  @Test func noFormatIsLeftOut() {
    #expect(Set(Self.names).union(["keras"]) == Set(NetworkFormat.allCases.map(\.rawValue)))
  }

  @Test func graphIsRunOperatorByOperator() throws {
    let tool = try makeTagger()
    let options = ["--prefix", "enc.", "--to"]
    for format in ["onnx", "onnx-step"] {
      let result = try tool.run(["convert", "tagger.safetensors", "out.onnx"] + options + [format])
      try expectDone(result)
      #expect(result.text.contains("the graph, run operator by operator: "), "\(result.text)")
    }
  }

  @Test func whatOtherSystemsHaveNoRoomForIsRefused() throws {
    let tool = try BuiltTool()
    try SafeTensors.write(
      NamedTensors(GRU(inputSize: 3, hiddenSize: 4, bidirectional: true).parameters), to: tool.path("gru"))
    let refusals = [
      "mlx": "two directions", "rtneural": "two directions", "nam": "", "onnx-step": "one direction",
    ]
    for (format, reason) in refusals {
      let result = try tool.run("convert", "gru", "out", "--to", format, "--allow-lossy")
      #expect(result.code == 1 && result.error.contains("in gru: found"), "\(format): \(result.error)")
      #expect(result.error.contains(reason), "\(format): \(result.error)")
    }
    #expect(tool.names == ["gru"])
  }

  // MARK: - Every tensor is accounted for

  @Test func tensorsThatNothingUsesAreRefusedUnlessAllowed() throws {
    let tool = try makeTagger()
    let refused = try tool.run("convert", "tagger.safetensors", "out.npz")
    #expect(refused.code == 1 && refused.output.isEmpty)
    for part in ["found 2: fc.weight, fc.bias", "--head fc.", "--prefix enc.", "--allow-unused"] {
      #expect(refused.error.contains(part), "\(refused.error)")
    }
    #expect(!tool.names.contains("out.npz"))
    let allowed = try tool.run("convert", "tagger.safetensors", "out.npz", "--allow-unused")
    try expectDone(allowed)
    #expect(allowed.text.contains("2 tensors not used: fc.weight, fc.bias"))
  }

  @Test func tensorsOutsideOfThePrefixAreLeftBehind() throws {
    let tool = try makeTagger()
    let result = try tool.run("convert", "tagger.safetensors", "out.npz", "--prefix", "enc.")
    try expectDone(result)
    #expect(result.text.contains("read     tagger.safetensors: LSTM at enc.: input 3, hidden 4"))
    #expect(result.text.contains("2 tensors left behind, outside of enc.: fc.weight, fc.bias"))
    #expect(try NPZ.read(tool.path("out.npz")).names.count == 4)
  }

  @Test func aHeadGoesAlong() throws {
    let tool = try makeTagger()
    let result = try tool.run("convert", "tagger.safetensors", "out.safetensors", "--head", "fc")
    try expectDone(result)
    #expect(result.text.contains("float32, head 2") && result.text.contains("6 tensors used"))
    let verified = try tool.run("verify", "tagger.safetensors", "out.safetensors", "--head-a", "fc.")
    try expectDone(verified)
    #expect(verified.text.contains("head weight"))
    let wrong = try tool.run("convert", "tagger.safetensors", "no.safetensors", "--head", "enc.")
    #expect(wrong.code == 1 && wrong.error.contains("enc.weight"), "\(wrong.error)")
  }

  @Test func aHeadIsFoundWithinThePrefix() throws {
    let tool = try BuiltTool()
    var weights = NamedTensors()
    weights.add(LSTM(inputSize: 3, hiddenSize: 4), at: "model.lstm.")
    weights.add(Linear(inputSize: 4, outputSize: 2), at: "model.fc.")
    weights.add(Linear(inputSize: 4, outputSize: 2), at: "model.out.")
    try SafeTensors.write(weights, to: tool.path("tagger"))
    let refused = try tool.run("convert", "tagger", "out.safetensors")
    #expect(refused.error.contains("--head model.fc. or model.out."), "\(refused.error)")
    for head in ["fc", "fc.", "model.fc"] {
      let result = try tool.run(
        "convert", "tagger", "out.safetensors", "--prefix", "model.", "--head", head, "--allow-unused")
      try expectDone(result)
      #expect(result.text.contains("2 tensors not used: model.out.weight"), "\(result.text)")
    }
  }

  @Test func whatAnRNNAppliesIsSaidOrAssumedAloud() throws {
    let tool = try BuiltTool()
    try NPZ.write(NamedTensors(RNN(inputSize: 3, hiddenSize: 4).parameters), to: tool.path("rnn.npz"))
    try NPY.write(Tensor(zeros: [2, 3]), to: tool.path("x.npy"))
    let lines = [
      ["convert", "rnn.npz", "out.onnx"], ["verify", "rnn.npz", "out.onnx"],
      ["run", "rnn.npz", "--input", "x.npy", "--output", "y.npz"],
    ]
    for line in lines {
      #expect(try tool.run(line).text.contains("tanh is assumed"), "\(line)")
      #expect(try !tool.run(line + ["--nonlinearity", "tanh"]).text.contains("assumed"), "\(line)")
    }
    #expect(try !tool.run("convert", "out.onnx", "out.npz").text.contains("assumed"))
  }

  @Test func severalNetworksAreListedAndOneIsChosen() throws {
    let tool = try BuiltTool()
    var weights = NamedTensors()
    weights.add(LSTM(inputSize: 3, hiddenSize: 4), at: "a.")
    weights.add(GRU(inputSize: 3, hiddenSize: 5), at: "b.")
    try SafeTensors.write(weights, to: tool.path("two.safetensors"))
    let refused = try tool.run("convert", "two.safetensors", "out.npz")
    #expect(refused.code == 1)
    for part in ["a.  LSTM: input 3, hidden 4", "b.  GRU: input 3, hidden 5", "--network NAME"] {
      #expect(refused.error.contains(part), "\(refused.error)")
    }
    let result = try tool.run("convert", "two.safetensors", "out.npz", "--network", "b")
    try expectDone(result)
    #expect(
      result.text.contains("GRU at b.:")
        && result.text.contains("4 tensors left behind, of other networks: a."))
    let unknown = try tool.run("convert", "two.safetensors", "no.npz", "--network", "c")
    #expect(unknown.code == 1 && unknown.error.contains("--network c"), "\(unknown.error)")
  }

  @Test func foreignNamesAreMapped() throws {
    let tool = try BuiltTool()
    let gru = GRU(inputSize: 3, hiddenSize: 4)
    let names = [
      "weight_ih_l0": "e_w_ih", "weight_hh_l0": "e_w_hh", "bias_ih_l0": "e_b_ih", "bias_hh_l0": "e_b_hh",
    ]
    var weights = NamedTensors()
    for (name, tensor) in gru.parameters { weights[names[name] ?? name] = tensor }
    try NPZ.write(weights, to: tool.path("in.npz"))
    let options = names.sorted { $0.key < $1.key }.flatMap { ["--name", "\($0.key)=\($0.value)"] }
    let result = try tool.run(["convert", "in.npz", "out.npz"] + options)
    try expectDone(result)
    #expect(result.text.contains("4 tensors used: e_w_ih"))
    let wrong = try tool.run("convert", "in.npz", "no.npz", "--name", "weight_ih_l0=w")
    #expect(
      wrong.code == 1 && wrong.error.contains("\"w\"") && wrong.error.contains("e_w_ih"), "\(wrong.error)")
    let half = try tool.run("convert", "in.npz", "no.npz", "--name", "weight_ih_l0=e_w_ih")
    #expect(half.code == 1 && half.error.contains("--name weight_hh_l0=NAME"), "\(half.error)")
    let twice = try tool.run(["convert", "in.npz", "no.npz", "--name", "weight_ih_l0=e_w_hh"] + options)
    #expect(twice.code == 1 && twice.error.contains("both e_w_hh and e_w_ih"), "\(twice.error)")
    let none = try tool.run("convert", "in.npz", "no.npz")
    #expect(none.code == 1 && none.error.contains("--name weight_ih_l0="), "\(none.error)")
    #expect(!tool.names.contains("no.npz"))
  }

  // MARK: - Refusals

  @Test func theInputIsNeverReplaced() throws {
    let tool = try makeTagger()
    let before = tool.bytes("tagger.safetensors")
    let result = try tool.run("convert", "tagger.safetensors", "./tagger.safetensors", "--allow-unused")
    #expect(
      result.code == 1 && result.error.contains("OUT would replace tagger.safetensors"), "\(result.error)")
    #expect(tool.bytes("tagger.safetensors") == before)
  }

  @Test func lossesAreSaidAndRefusedAndTheOldFileStays() throws {
    let tool = try makeTagger()
    try tool.write("old", to: "out.npz")
    let refused = try tool.run("convert", "tagger.safetensors", "out.npz", "--head", "fc.")
    #expect(refused.code == 1 && refused.error.contains("--allow-lossy"), "\(refused.error)")
    #expect(tool.text("out.npz") == "old")
    try expectDone(tool.run("convert", "tagger.safetensors", "out.npz", "--head", "fc.", "--allow-lossy"))
    #expect(tool.text("out.npz") != "old")
    #expect(tool.names == ["out.npz", "tagger.safetensors"])
  }

  @Test func whatTheFormCannotSayIsRefused() throws {
    let tool = try BuiltTool()
    try SafeTensors.write(
      NamedTensors(GRU(inputSize: 3, hiddenSize: 4).parameters), to: tool.path("gru.safetensors"))
    let variant = ["--variant", "reset-before-product"]
    let refused = try tool.run(["convert", "gru.safetensors", "out.npz", "--allow-lossy"] + variant)
    #expect(refused.code == 1 && refused.error.contains("reset-before-product"), "\(refused.error)")
    try expectDone(tool.run(["convert", "gru.safetensors", "out.safetensors"] + variant))
    #expect(try tool.run("verify", "gru.safetensors", "out.safetensors").code == 1)
    try expectDone(tool.run(["verify", "gru.safetensors", "out.safetensors"] + variant))
  }

  @Test func endingThatTellsNoFormatIsAUsageError() throws {
    let result = try makeTagger().run("convert", "tagger.safetensors", "out.foo")
    #expect(result.code == 64 && result.error.contains("onnx-step"), "\(result.error)")
  }

  // MARK: -

  private func expectDone(_ result: BuiltTool.Result) throws {
    #expect(result.code == 0, "\(result.error)")
  }

  /// An LSTM at `enc.` and a linear layer at `fc.`.
  private func makeTagger() throws -> BuiltTool {
    let tool = try BuiltTool()
    var weights = NamedTensors()
    weights.add(LSTM(inputSize: 3, hiddenSize: 4), at: "enc.")
    weights.add(Linear(inputSize: 4, outputSize: 2), at: "fc.")
    try SafeTensors.write(weights, to: tool.path("tagger.safetensors"))
    return tool
  }
}
