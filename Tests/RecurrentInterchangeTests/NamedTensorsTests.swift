import Recurrent
import Testing

@Suite struct NamedTensorsTests {
  private let tensors: NamedTensors = [
    "a.x": Tensor([1]), "b.x": Tensor([2]), "a.y": Tensor([3]),
  ]

  @Test func theyKeepTheirOrder() {
    #expect(tensors.names == ["a.x", "b.x", "a.y"])
    #expect(tensors.map(\.name) == tensors.names)
    #expect(tensors.count == 3)
  }

  @Test func replacingKeepsThePlaceAndRemovingClosesTheGap() {
    var tensors = tensors
    tensors["a.x"] = Tensor([9])
    #expect(tensors.names == ["a.x", "b.x", "a.y"])
    tensors["a.x"] = nil
    tensors["absent"] = nil
    #expect(tensors.names == ["b.x", "a.y"])
    #expect(tensors["a.x"] == nil)
    #expect(tensors["a.y"]!.scalars(as: Float.self) == [3])
  }

  @Test func aPrefixCanBeDropped() {
    #expect(tensors.droppingPrefix("a.").names == ["x", "y"])
    #expect(tensors.droppingPrefix("").names == tensors.names)
  }
}
