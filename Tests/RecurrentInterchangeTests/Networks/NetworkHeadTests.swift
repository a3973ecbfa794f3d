import Recurrent
import Testing

@Suite struct NetworkHeadTests {
  @Test func aHeadIsTakenWhenItIsAskedFor() throws {
    var tensors = SampleNetworks.weights(.gru, bidirectional: true)
    tensors["fc.weight"] = Tensor(zeros: [2, 10])
    let network = try NetworkFile(tensors).networks[0]
    #expect(network.head == nil)
    let tagged = try network.withHead(from: tensors, prefix: "fc.")
    #expect(tagged.head?.weight.shape == [2, 10] && tagged.head?.bias == nil)
    #expect(tagged.usedTensors == network.usedTensors + ["fc.weight"])
    tensors["fc.bias"] = Tensor([1, 2])
    #expect(try StoredNetwork.head(from: tensors, prefix: "fc.").bias?.shape == [2])
  }

  @Test func kerassKernelIsTurned() throws {
    var tensors = SampleNetworks.weights(.gru)
    let network = try NetworkFile(tensors).networks[0]
    tensors["model/dense/kernel"] = Generator(seed: 1).uniform([5, 2], from: -1, to: 1)
    let tagged = try network.withHead(from: tensors, prefix: "model/dense/")
    let expected = try #require(tensors["model/dense/kernel"]).transposed(0, 1)
    #expect(tagged.head?.weight.isBitwiseEqual(to: expected) == true)
    #expect(tagged.usedTensors == network.usedTensors + ["model/dense/kernel"])
  }

  @Test func aHeadThatDoesNotFitIsRefused() throws {
    var tensors = SampleNetworks.weights(.gru)
    let network = try NetworkFile(tensors).networks[0]
    expectError(.missingTensor) { try network.withHead(from: tensors, prefix: "fc.") }
    for shape in [[2, 6], [2], [0, 5], [1, 2, 5]] {
      tensors["fc.weight"] = Tensor(zeros: shape)
      expectError(.misshapenTensor, "\(shape)") { try network.withHead(from: tensors, prefix: "fc.") }
    }
    tensors["fc.weight"] = Tensor(zeros: [2, 5], dtype: .float64)
    expectError(.misshapenTensor) { try network.withHead(from: tensors, prefix: "fc.") }
    tensors["fc.weight"] = Tensor(zeros: [2, 5])
    tensors["fc.bias"] = Tensor(zeros: [3])
    expectError(.misshapenTensor) { try network.withHead(from: tensors, prefix: "fc.") }
  }
}
