import Recurrent
import Testing

@Suite struct RenamedTensorsTests {
  private let foreign: NamedTensors = [
    "enc_emb": Tensor([9]), "enc_w_ih": Tensor(zeros: [6, 3]), "enc_w_hh": Tensor(zeros: [6, 2]),
    "enc_b_ih": Tensor(zeros: [6]), "enc_b_hh": Tensor(zeros: [6]),
  ]
  private let names = [
    "weight_ih_l0": "enc_w_ih", "weight_hh_l0": "enc_w_hh", "bias_ih_l0": "enc_b_ih",
    "bias_hh_l0": "enc_b_hh",
  ]

  @Test func foreignNamesBecomePyTorchs() throws {
    let renamed = try foreign.renamed(names)
    #expect(renamed.names == ["enc_emb", "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"])
    #expect(try GRU(from: renamed).hiddenSize == 2)
  }

  @Test func namesCanBeExchanged() throws {
    let tensors: NamedTensors = ["a": Tensor([1]), "b": Tensor([2])]
    expectSame(try tensors.renamed(["a": "b", "b": "a"]), ["b": Tensor([1]), "a": Tensor([2])])
    expectSame(try tensors.renamed(["a": "a"]), tensors)
  }

  @Test func theErrorTellsWhatIsMissing() throws {
    let error = expectError(.missingTensor) { try foreign.renamed(["weight_ih_l0": "enc_w"]) }
    #expect(error?.place.tensor == "enc_w" && error?.expected == "it, to be \"weight_ih_l0\"")
    #expect(error?.found.contains("\"enc_w_ih\"") == true)
    var fewer = names
    fewer["bias_hh_l0"] = nil
    let missing = expectError(.missingTensor) { try GRU(from: foreign.renamed(fewer)) }
    #expect(missing?.place.tensor == "bias_hh_l0")
  }

  @Test func oneNameIsOneTensors() {
    expectError(.duplicate) { try foreign.renamed(["x": "enc_emb", "y": "enc_emb"]) }
    expectError(.duplicate) { try foreign.renamed(["enc_emb": "enc_w_ih"]) }
  }
}
