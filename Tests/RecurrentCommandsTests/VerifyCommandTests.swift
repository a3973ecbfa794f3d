import Recurrent
import Testing

/// Whether two files hold one network, by the built tool.
struct VerifyCommandTests {
  private let gru = GRU(inputSize: 3, hiddenSize: 4, generator: Generator(seed: 5))

  @Test func filesOfOneNetworkAreEqual() throws {
    let tool = try BuiltTool()
    try SafeTensors.write(NamedTensors(gru.parameters), to: tool.path("a.safetensors"))
    try NPZ.write(NamedTensors(gru.parameters), to: tool.path("b.npz"))
    let result = try tool.run("verify", "a.safetensors", "b.npz")
    #expect(result.code == 0, "\(result.error)")
    #expect(result.text.contains("The same network: no difference in any bit."))
    let rows = result.text.split(separator: "\n").filter {
      $0.hasPrefix("weight_ih_l0") || $0.hasPrefix("h_n")
    }
    #expect(rows.map { $0.split(separator: " ").suffix(2) } == [["0", "0"], ["0", "0"]])
  }

  @Test func oneBitIsShownAndToleratedIfAsked() throws {
    let tool = try BuiltTool()
    var weights = NamedTensors(gru.parameters)
    try NPZ.write(weights, to: tool.path("a.npz"))
    var numbers = try #require(weights["weight_hh_l0"]).scalars(as: Float.self)
    numbers[13] = numbers[13].nextUp
    weights["weight_hh_l0"] = Tensor(numbers, shape: [12, 4])
    try NPZ.write(weights, to: tool.path("b.npz"))
    let result = try tool.run("verify", "a.npz", "b.npz")
    #expect(result.code == 1 && result.error.contains("a.npz and b.npz differ"), "\(result.error)")
    let row = result.text.split(separator: "\n").first { $0.hasPrefix("weight_hh_l0") }
    let cells = row.map { $0.split(separator: " ").prefix(7).joined(separator: " ") } ?? ""
    #expect(cells.hasPrefix("weight_hh_l0 [12, 4] 1 ") && cells.hasSuffix("[3, 1]"), "\(result.text)")
    let tolerant = try tool.run("verify", "a.npz", "b.npz", "--tolerance-ulps", "100000")
    #expect(tolerant.code == 0 && tolerant.text.contains("The same network, within"), "\(tolerant.error)")
  }

  @Test func biasesThatAreSummedAreComparedAsTheirSum() throws {
    let tool = try BuiltTool()
    let lstm = LSTM(inputSize: 3, hiddenSize: 4)
    var weights = NamedTensors(lstm.parameters)
    try NPZ.write(weights, to: tool.path("a.npz"))
    weights["bias_ih_l0"] = weights["bias_ih_l0"]! + weights["bias_hh_l0"]!
    weights["bias_hh_l0"] = Tensor(zeros: [16])
    try NPZ.write(weights, to: tool.path("b.npz"))
    let result = try tool.run("verify", "a.npz", "b.npz")
    #expect(result.code == 0, "\(result.error)")
    #expect(result.text.contains("bias_ih_l0 + bias_hh_l0"))
  }

  @Test func differentTypesAreComparedInTheCoarserOne() throws {
    let tool = try BuiltTool()
    var wide = NamedTensors()
    for (name, tensor) in gru.parameters { wide[name] = tensor.asType(.float64) }
    try NPZ.write(NamedTensors(gru.parameters), to: tool.path("a.npz"))
    try NPZ.write(wide, to: tool.path("b.npz"))
    #expect(try tool.run("verify", "a.npz", "b.npz", "--tolerance-ulps", "1000").code == 0)
  }

  @Test func otherNetworksAreTold() throws {
    let tool = try BuiltTool()
    try NPZ.write(NamedTensors(gru.parameters), to: tool.path("a.npz"))
    try NPZ.write(NamedTensors(RNN(inputSize: 3, hiddenSize: 4).parameters), to: tool.path("b.npz"))
    let result = try tool.run("verify", "a.npz", "b.npz")
    #expect(
      result.code == 1 && result.error.contains("found RNN: input 3") && result.error.contains("expected GRU")
    )
    let relu = try tool.run("verify", "b.npz", "b.npz", "--nonlinearity", "relu")
    #expect(relu.code == 0 && relu.text.contains("activations=relu"), "\(relu.error)")
    #expect(try tool.run("verify", "a.npz", "b.npz", "--prefix-b", "x.").error.contains("--prefix-b x."))
  }
}
