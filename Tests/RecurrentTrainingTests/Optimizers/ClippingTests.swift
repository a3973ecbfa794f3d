import RecurrentLayers
import RecurrentTensors
import RecurrentTraining
import Testing

@Suite struct ClippingTests {
  private let gradients = Gradients([
    ("a", Tensor([3, 0] as [Double], shape: [2])), ("b", Tensor([4] as [Double], shape: [1])),
  ])

  @Test func theNormIsThatOfAllGradientsAsOneVector() { #expect(gradients.norm == 5) }

  @Test func gradientsBelowTheLimitStayAsTheyAre() {
    let (clipped, norm) = gradients.clipped(toNorm: 6)
    #expect(norm == 5)
    #expect(clipped["a"]!.isBitwiseEqual(to: gradients["a"]!))
  }

  @Test func gradientsAboveTheLimitAreScaledByPyTorchsFactor() {
    let (clipped, norm) = gradients.clipped(toNorm: 1)
    #expect(norm == 5)
    let factor = 1 / (5 + 1e-6)
    #expect(clipped["a"]!.scalars() == [3 * factor, 0])
    #expect(clipped["b"]!.scalars() == [4 * factor])
  }

  @Test func aNormThatIsNotANumberReachesTheGradients() {
    let broken = Gradients([("a", Tensor([.nan, 1]))])
    let (clipped, norm) = broken.clipped(toNorm: 1)
    #expect(norm.isNaN)
    #expect(clipped["a"]!.scalars(as: Float.self).allSatisfy { $0.isNaN })
  }
}
