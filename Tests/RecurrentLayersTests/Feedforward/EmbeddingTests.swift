import Recurrent
import RecurrentTestSupport
import Testing

@Suite struct EmbeddingTests {
  static let table = Tensor([[1, 2], [3, 4], [5, 6]])

  @Test func idsOfAnyShapeBecomeVectors() {
    let layer = Embedding(weight: Self.table)
    let ids = Tensor([2, 0, 1, 2] as [Int64], shape: [2, 2])
    expectSameBits(layer(ids), Tensor([[[5, 6], [1, 2]], [[3, 4], [5, 6]]]))
  }

  @Test func thePaddingRowStartsAsZeros() {
    let layer = Embedding(count: 3, size: 2, paddingIndex: 1, generator: Generator(seed: 3))
    #expect(layer.weight[1].doubles == [0, 0])
    #expect(layer.weight[0].doubles.allSatisfy { $0 != 0 })
  }

  @Test(arguments: [nil, 2])
  func gradientsAddUpPerIdExceptForPadding(_ paddingIndex: Int?) {
    let layer = Embedding(weight: Self.table, paddingIndex: paddingIndex)
    let ids = Tensor([2, 0, 2] as [Int64], shape: [3])
    let (_, gradients) = valueAndGradients(of: layer) { $0(ids).sum() }
    let last: Float = paddingIndex == nil ? 2 : 0
    expectSameBits(gradients["weight"]!, Tensor([[1, 1], [0, 0], [last, last]]))
  }
}
