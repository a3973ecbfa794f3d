import Recurrent
import RecurrentTestSupport
import Testing

/// A graph's recurrent operators are the library's cells: the same bits, in both types.
struct GraphRecurrentTests {
  /// Rows in ONNX's order of gates: i, o, f, c.
  private func onnxRows(_ tensor: Tensor) -> Tensor {
    let size = tensor.shape[0] / 4
    return Tensor.concatenated([0, 3, 1, 2].map { tensor[$0 * size..<($0 + 1) * size] })
  }

  private func arrays(_ lstm: LSTM) -> NamedTensors {
    var arrays = NamedTensors()
    func rows(_ name: String) -> [Tensor] {
      ["", "_reverse"].map { onnxRows(lstm.parameters["\(name)_l0\($0)"]!) }
    }
    arrays["W"] = Tensor.stacked(rows("weight_ih"))
    arrays["R"] = Tensor.stacked(rows("weight_hh"))
    arrays["B"] = Tensor.stacked(zip(rows("bias_ih"), rows("bias_hh")).map { Tensor.concatenated([$0, $1]) })
    return arrays
  }

  @Test(arguments: [DType.float32, .float64]) func bitsAreTheLayers(dtype: DType) throws {
    let lstm = LSTM(
      inputSize: 3, hiddenSize: 5, bidirectional: true, dtype: dtype, generator: Generator(seed: 2))
    let type: OnnxTensorProto.DataType = dtype == .float32 ? .float : .double
    let names = ["x", "W", "R", "B"]
    var direction = OnnxAttributeProto("direction", strings: ["bidirectional"])
    (direction.s, direction.strings, direction.type) = (direction.strings[0], [], .string)
    let model = try OnnxModelProto(
      [OnnxNodeProto("LSTM", names + ["lengths"], ["y", "", "c"], [direction])],
      inputs: names.map { OnnxValueInfoProto($0, nil, type) } + [
        OnnxValueInfoProto("lengths", ["N"], .int32)
      ],
      outputs: ["y", "c"]
    ).read()
    var given = arrays(lstm)
    let x = Generator(seed: 4).uniform([7, 3, 3], from: -1, to: 1, dtype: dtype)
    given["x"] = x
    given["lengths"] = Tensor([4, 7, 0] as [Int64], shape: [3])
    let results = try model.run(given)
    let (output, state) = lstm(x, lengths: [4, 7, 0])
    expectSameBits(results["y"]!.permuted([0, 2, 1, 3]).reshaped(output.shape), output)
    expectSameBits(results["c"]!, state.cell)
  }

  /// As exporters unroll a cell: two products, a sum and a function for every step.
  @Test func anUnrolledNetworkIsTheLayer() throws {
    let (steps, layer) = (500, RNN(inputSize: 3, hiddenSize: 4, generator: Generator(seed: 6)))
    var nodes: [OnnxNodeProto] = []
    let transposed = OnnxAttributeProto("transB", 1)
    for step in 0..<steps {
      nodes.append(OnnxNodeProto("Gather", ["x", "place\(step)"], ["x\(step)"]))
      nodes.append(OnnxNodeProto("Gemm", ["x\(step)", "W", "b"], ["a\(step)"], [transposed]))
      nodes.append(OnnxNodeProto("Gemm", ["h\(step)", "R", "c"], ["r\(step)"], [transposed]))
      nodes.append(OnnxNodeProto("Add", ["a\(step)", "r\(step)"], ["z\(step)"]))
      nodes.append(OnnxNodeProto("Tanh", ["z\(step)"], ["h\(step + 1)"]))
    }
    let places = (0..<steps).map { OnnxTensorProto("place\($0)", scalar: Int64($0)) }
    let names = ["x", "h0", "W", "R", "b", "c"]
    let model = try OnnxModelProto(
      nodes, inputs: names.map { OnnxValueInfoProto($0) }, outputs: ["h\(steps)"], tensors: places
    ).read()
    let x = Generator(seed: 7).uniform([steps, 2, 3], from: -1, to: 1)
    var given: NamedTensors = ["x": x, "h0": Tensor(zeros: [2, 4])]
    for (name, key) in zip(names[2...], ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]) {
      given[name] = layer.parameters["\(key)_l0"]
    }
    let last = try #require(model.run(given)["h\(steps)"])
    expectClose(last, layer(x).hidden[0], tolerance: 1e-5, "unrolled")
  }
}
