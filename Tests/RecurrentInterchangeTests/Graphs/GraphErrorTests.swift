import Recurrent
import RecurrentTestSupport
import Testing

/// Graphs that cannot be run, and inputs that do not fit: each says why, and nothing crashes.
struct GraphErrorTests {
  private func expect(
    _ kind: GraphError.Kind, _ parts: [String], sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
  ) {
    do {
      try body()
      Issue.record("no error, expected \(kind)", sourceLocation: sourceLocation)
    } catch let error as GraphError {
      #expect(error.kind == kind, "\(error)", sourceLocation: sourceLocation)
      for part in parts { #expect("\(error)".contains(part), "\(error)", sourceLocation: sourceLocation) }
    } catch {
      Issue.record("\(error)", sourceLocation: sourceLocation)
    }
  }

  @Test func allUnknownOperatorsAreListed() throws {
    let model = try OnnxModelProto(
      [
        OnnxNodeProto("Scan", ["x"], ["a"]), OnnxNodeProto("Tanh", ["a"], ["b"]),
        OnnxNodeProto("Scan", ["b"], ["c"]), OnnxNodeProto("LSTM", ["c"], ["y"], domain: "com.example"),
      ], inputs: [OnnxValueInfoProto("x")], outputs: ["y"]
    ).read()
    #expect(model.operatorCount == 4)
    expect(.operators, ["Scan (2 times), com.example.LSTM", "LeakyRelu, LogSoftmax"]) {
      try model.checkRunnable()
    }
    expect(.operators, []) { _ = try model.run(["x": Tensor([1])]) }
  }

  @Test func unknownOperatorSetsAreRefused() throws {
    for version in [6, 99] as [Int64] {
      let model = try OnnxModelProto([], outputs: [], operatorSet: version).read()
      expect(.version, ["operator set \(version)"]) { try model.checkRunnable() }
    }
  }

  @Test func namesAreDefinedOnceAndBeforeTheyAreRead() throws {
    let x = [OnnxValueInfoProto("x")]
    let graphs: [(OnnxModelProto, String)] = [
      (
        OnnxModelProto(
          [OnnxNodeProto("Add", ["x", "later"], ["y"]), OnnxNodeProto("Tanh", ["x"], ["later"])],
          inputs: x, outputs: ["y"]), "\"later\""
      ),
      (OnnxModelProto([OnnxNodeProto("Tanh", ["y"], ["y"])], inputs: x, outputs: ["y"]), "\"y\""),
      (OnnxModelProto([OnnxNodeProto("Tanh", ["x"], ["x"])], inputs: x, outputs: ["x"]), "written again"),
      (OnnxModelProto([OnnxNodeProto("Tanh", ["x"], ["y"])], inputs: x, outputs: ["z"]), "\"z\""),
      (OnnxModelProto([], inputs: x + x, outputs: ["x"]), "twice"),
    ]
    for (graph, part) in graphs {
      let model = try graph.read()
      expect(.structure, [part]) { try model.checkRunnable() }
    }
  }

  @Test func inputsAreProven() throws {
    let model = try OnnxModelProto(
      [OnnxNodeProto("Add", ["x", "z"], ["y"])],
      inputs: [OnnxValueInfoProto("x", ["T", "batch", "5"]), OnnxValueInfoProto("z", ["?", "batch", "1"])],
      outputs: ["y"]
    ).read()
    let x = Tensor(zeros: [3, 2, 5])
    expect(.input, ["\"z\"", "z float32 [?, batch, 1]"]) { _ = try model.run(["x": x]) }
    expect(.input, ["[3, 2, 4]", "[T, batch, 5]"]) {
      _ = try model.run(["x": Tensor(zeros: [3, 2, 4]), "z": x])
    }
    expect(.input, ["batch = 2, as in input \"x\""]) {
      _ = try model.run(["x": x, "z": Tensor(zeros: [1, 3, 1])])
    }
    expect(.input, ["int64 [1]", "float32 [T, batch, 5]"]) {
      _ = try model.run(["x": Tensor(zeros: [1], dtype: .int64), "z": x])
    }
    let result = try model.run(["x": x, "z": Tensor(ones: [1, 2, 1]), "other": x])
    #expect(result["y"]?.shape == [3, 2, 5])
  }

  @Test func storedTensorsStandForInputsThatAreLeftOut() throws {
    let model = try OnnxModelProto(
      [OnnxNodeProto("Add", ["x", "w"], ["y"])],
      inputs: [OnnxValueInfoProto("x", ["2"], .int64), OnnxValueInfoProto("w", ["2"], .int64)],
      outputs: ["y"], tensors: [OnnxTensorProto("w", [10, 20])]
    ).read()
    #expect(model.requiredInputs.map(\.name) == ["x"])
    let x = Tensor([1, 2] as [Int64], shape: [2])
    #expect(try model.run(["x": x])["y"]?.scalars(as: Int64.self) == [11, 22])
    #expect(try model.run(["x": x, "w": x])["y"]?.scalars(as: Int64.self) == [2, 4])
  }

  @Test func onlyWhatOutputsNeedIsComputed() throws {
    let model = try OnnxModelProto(
      [OnnxNodeProto("Add", ["x", "bad"], ["a"]), OnnxNodeProto("Tanh", ["x"], ["y"])],
      inputs: [OnnxValueInfoProto("x")], outputs: ["y"], tensors: [OnnxTensorProto("bad", [1, 2, 3])]
    ).read()
    #expect(try model.run(["x": Tensor([0, 0])])["y"]?.shape == [2])
  }

  private static func rnn(_ attributes: OnnxAttributeProto...) -> OnnxNodeProto {
    OnnxNodeProto("RNN", ["x3", "x3", "x3"], ["y"], attributes)
  }

  private static let huge: [Int64] = [1 << 40, 1 << 40]
  private static let misuses: [(OnnxNodeProto, String)] = [
    (OnnxNodeProto("Expand", ["x", "n"], ["y"]), "shapes that broadcast"),
    (OnnxNodeProto("ConstantOfShape", ["n"], ["y"]), "result of shape"),
    (OnnxNodeProto("Reshape", ["x", "n"], ["y"]), "4 elements"),
    (OnnxNodeProto("Gather", ["x", "n"], ["y"]), "index"),
    (OnnxNodeProto("Squeeze", ["x", "n"], ["y"]), "axis"),
    (OnnxNodeProto("Unsqueeze", ["x", "n"], ["y"]), "axis"),
    (OnnxNodeProto("Slice", ["x", "n", "n", "n"], ["y"]), "axis"),
    (OnnxNodeProto("Slice", ["x", "n"], ["y"]), "no ends"),
    (OnnxNodeProto("Add", ["x", "n"], ["y"]), "float32 and int64"),
    (OnnxNodeProto("Sigmoid", ["n"], ["y"]), "int64"),
    (OnnxNodeProto("MatMul", ["x", "x"], ["y"]), "[.., m, k]"),
    (OnnxNodeProto("Gemm", ["x", "x"], ["y"]), "equal numbers"),
    (OnnxNodeProto("Transpose", ["x"], ["y"], [OnnxAttributeProto("perm", 1)]), "another kind"),
    (OnnxNodeProto("Concat", ["x", "n"], ["y"], [OnnxAttributeProto("axis", 0)]), "float32 [1, 4]"),
    (OnnxNodeProto("Concat", ["x"], ["y"], [OnnxAttributeProto("axis", 2)]), "axis 2"),
    (OnnxNodeProto("Softmax", ["x"], ["y"], [OnnxAttributeProto("axis", -3)]), "axis -3"),
    (OnnxNodeProto("Cast", ["x"], ["y"], [OnnxAttributeProto("to", 8)]), "string"),
    (OnnxNodeProto("Constant", [], ["y"]), "no value"),
    (OnnxNodeProto("LSTM", ["x", "x", "x"], ["y"]), "three axes"),
    (OnnxNodeProto("LSTM", ["x3", "x3", "x3"], ["y"]), "W float32"),
    (OnnxNodeProto("GRU", ["x3"], ["y"]), "input 2"),
    (
      OnnxNodeProto("RNN", ["x3", "x3", "x3"], ["y"], [OnnxAttributeProto("hidden_size", .max)]),
      "hidden size"
    ),
    (rnn(OnnxAttributeProto("clip", number: -1)), "clip -1.0"),
    (rnn(OnnxAttributeProto("clip", number: .nan)), "clip nan"),
    (rnn(OnnxAttributeProto("clip", number: .infinity)), "clip inf"),
    (rnn(OnnxAttributeProto("activations", strings: ["Tanh", "Tanh"])), "2 activations"),
    (rnn(OnnxAttributeProto("activations", strings: [])), "0 activations"),
    (
      rnn(
        OnnxAttributeProto("activations", strings: ["Elu"]),
        OnnxAttributeProto("activation_alpha", numbers: [.nan])),
      "elu:nan"
    ),
    (
      rnn(
        OnnxAttributeProto("activations", strings: ["Affine"]),
        OnnxAttributeProto("activation_beta", numbers: [-.infinity])),
      "affine:1.0:-inf"
    ),
    (
      OnnxNodeProto("RNN", ["x3", "x3", "x3"], ["y"], [OnnxAttributeProto("activations", strings: ["Erf"])]),
      "Erf"
    ),
    (
      OnnxNodeProto("RNN", ["x3", "x3", "x3"], ["y"], [OnnxAttributeProto("output_sequence", 1)]),
      "output_sequence"
    ),
  ]

  @Test(arguments: misuses.indices) func whatDoesNotFitIsRefused(index: Int) throws {
    let (node, part) = Self.misuses[index]
    let model = try OnnxModelProto(
      [node], inputs: [OnnxValueInfoProto("x"), OnnxValueInfoProto("x3")], outputs: ["y"],
      tensors: [OnnxTensorProto("n", Self.huge)]
    ).read()
    expect(.value, [node.opType, part]) {
      _ = try model.run(["x": Tensor(zeros: [1, 4]), "x3": Tensor(zeros: [1, 3, 4])])
    }
  }

  @Test func resultsMadeOutOfNothingHaveALimit() throws {
    let model = try OnnxModelProto(
      [OnnxNodeProto("ConstantOfShape", ["n"], ["y"])], outputs: ["y"],
      tensors: [OnnxTensorProto("n", [1 << 14, (1 << 14) + 1])]
    ).read()
    expect(.value, ["result of shape [16384, 16385]"]) { _ = try model.run(NamedTensors()) }
  }
}
