import Recurrent
import RecurrentTestSupport
import Testing

@Suite struct TensorDescriptionTests {
  struct Text: Decodable {
    let text: String
  }

  @Test func tensorsPrintAsInPyTorch() throws {
    let cases = try GoldenFile("Description/description.safetensors").cases(as: Text.self)
    #expect(cases.count > 200)
    for (key, golden, tensors) in cases {
      let text = tensors["value"]!.description
      #expect(text == golden.text, "\(key)")
    }
  }

  @Test func printingAMatrix() {
    let text = "\(Tensor([[-0.35198, 0.52525], [-0.68424, 0.76074]]))"
    #expect(text == "tensor([[-0.3520,  0.5253],\n        [-0.6842,  0.7607]])")
  }
}
