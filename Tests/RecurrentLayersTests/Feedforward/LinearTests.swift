import Recurrent
import RecurrentTestSupport
import Testing

@Suite struct LinearTests {
  @Test func mapsTheLastDimension() {
    let layer = Linear(weight: Tensor([[1, 2, 3], [4, 5, 6]]), bias: Tensor([10, 20]))
    expectSameBits(layer(Tensor([1, 0, 2])), Tensor([17, 36]))
    expectSameBits(layer(Tensor([[[1, 0, 2]], [[0, 1, 0]]])), Tensor([[[17, 36]], [[12, 25]]]))
  }

  @Test func aMapWithoutBiasHasOneParameter() {
    let layer = Linear(inputSize: 3, outputSize: 2, bias: false)
    #expect(layer.parameters.names == ["weight"])
    #expect(layer(Tensor(zeros: [4, 3])).doubles.allSatisfy { $0 == 0 })
  }

  @Test func weightsAreDrawnBeforeTheBiasWithinTheBounds() {
    let generator = Generator(seed: 7)
    let layer = Linear(inputSize: 4, outputSize: 50, generator: generator)
    #expect(layer.weight.shape == [50, 4])
    #expect(layer.weight.doubles.allSatisfy { abs($0) <= 0.5 })
    #expect(layer.bias!.doubles.allSatisfy { abs($0) <= 0.5 })
    #expect(layer.weight.doubles.contains { abs($0) > 0.45 })
  }

  @Test func gradientsMatchDifferences() {
    let inputs = [[2, 3, 5], [4, 5], [4]].map { Tensor(testValues: $0) }
    expectGradientsMatchCentralDifferences(at: inputs) { Linear(weight: $0[1], bias: $0[2])($0[0]) }
  }
}
