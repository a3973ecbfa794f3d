import RecurrentKernels
import RecurrentTensors
import RecurrentTestSupport
import RecurrentTraining
import Testing

@Suite struct LossTests {
  @Test func crossEntropyOfEqualLogitsIsTheLogarithmOfTheirNumber() {
    let logits = Tensor(zeros: [2, 3, 5], dtype: .float64)
    let targets = Tensor([0, 1, 2, 3, 4, 0] as [Int64], shape: [2, 3])
    let loss = crossEntropy(logits, targets)
    #expect(loss.shape == [])
    #expect(abs(loss.scalars(as: Double.self)[0] - 1.6094379124341003) < 1e-15)
  }

  @Test(arguments: [0.0, 0.1, 1.0])
  func crossEntropyAndItsGradientEqualTheComposedForm(smoothing: Double) {
    let logits = Tensor([1.5, -2, 0.25, 3, 0, -1, 0.5, 0.75, -0.125, 2, 2, -4], shape: [4, 3])
    let targets = Tensor([2, 0, 1, 1] as [Int64], shape: [4])
    let (loss, gradients) = valueAndGradients(at: [logits]) {
      crossEntropy($0[0], targets, labelSmoothing: smoothing)
    }
    let weights = targets.oneHot(classCount: 3, dtype: .float64) * (1 - smoothing) + smoothing / 3
    let (composed, expected) = valueAndGradients(at: [logits]) {
      -($0[0].logSoftmax(axis: -1) * weights).sum() / 4
    }
    #expect(distance(loss, composed) < 1e-15)
    #expect(distance(gradients[0], expected[0]) < 1e-15)
  }

  @Test(arguments: [0.0, 0.3])
  func gradientsMatchCentralDifferences(smoothing: Double) {
    let targets = Tensor([2, -100, 1, 0, 4, 3] as [Int64], shape: [2, 3])
    expectGradientsMatchCentralDifferences(at: [Tensor(testValues: [2, 3, 5])], "crossEntropy") {
      crossEntropy($0[0], targets, labelSmoothing: smoothing)
    }
    let pair = [Tensor(testValues: [3, 2]), Tensor(testValues: [3, 2], seed: 2)]
    expectGradientsMatchCentralDifferences(at: pair, "meanSquaredError") { meanSquaredError($0[0], $0[1]) }
  }

  @Test func ignoredRowsHaveNoGradientAndDoNotCount() {
    let logits = Tensor([1, 2, 3, 4, 5, 7] as [Double], shape: [3, 2])
    let all = Tensor([1, -100, 0] as [Int64], shape: [3])
    let (loss, gradients) = valueAndGradients(at: [logits]) { crossEntropy($0[0], all) }
    let kept = Tensor([1, 2, 5, 7] as [Double], shape: [2, 2])
    let (expected, some) = valueAndGradients(at: [kept]) {
      crossEntropy($0[0], Tensor([1, 0] as [Int64], shape: [2]))
    }
    #expect(distance(loss, expected) == 0)
    let rows = gradients[0].scalars(as: Double.self)
    #expect(rows[2...3] == [0, 0])
    #expect(Array(rows[0...1] + rows[4...5]) == some[0].scalars())
  }

  @Test func ignoringEveryRowIsNotANumber() {
    let loss = crossEntropy(Tensor([[1, 2]]), Tensor([7] as [Int64], shape: [1]), ignoreIndex: 7)
    #expect(loss.scalars(as: Float.self)[0].isNaN)
  }

  @Test func hugeLogitsDoNotOverflow() {
    let logits = Tensor([[1e30, -1e30], [3e38, 0]])
    let loss = crossEntropy(logits, Tensor([0, 0] as [Int64], shape: [2]))
    #expect(loss.scalars() == [0 as Float])
  }

  @Test func meanSquaredErrorAndItsGradients() {
    let a = Tensor([1, 2, 3, 6] as [Double], shape: [2, 2])
    let b = Tensor([1, 0, 4, 3] as [Double], shape: [2, 2])
    let (loss, gradients) = valueAndGradients(at: [a, b]) { meanSquaredError($0[0], $0[1]) }
    #expect(loss.scalars() == [3.5])
    #expect(gradients[0].scalars() == [0, 1, -0.5, 1.5])
    #expect(gradients[1].scalars() == [0, -1, 0.5, -1.5])
  }

  /// The greatest difference between elements.
  private func distance(_ a: Tensor, _ b: Tensor) -> Double {
    zip(a.scalars(as: Double.self), b.scalars(as: Double.self)).map { abs($0 - $1) }.max() ?? 0
  }
}
