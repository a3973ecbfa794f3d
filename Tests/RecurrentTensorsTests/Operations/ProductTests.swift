import Recurrent
import RecurrentTestSupport
import Testing

@Suite struct ProductTests {
  @Test func linearIsOneChainFromTheBias() {
    let (x, w) = (Tensor(testValues: [2, 3, 5], seed: 1), Tensor(testValues: [7, 5], seed: 2))
    let b = Tensor(testValues: [7], seed: 3)
    let y = linear(x, w, b)
    #expect(y.shape == [2, 3, 7])
    #expect(y.scalars(as: Double.self) == chains(x, w, b.scalars(as: Double.self)))
    #expect(linear(x, w).scalars(as: Double.self) == chains(x, w, [Double](repeating: 0, count: 7)))
  }

  @Test func matmulEqualsLinearOfTheTransposed() {
    let (a, b) = (Tensor(testValues: [4, 5], seed: 4), Tensor(testValues: [5, 3], seed: 5))
    #expect(matmul(a, b).isBitwiseEqual(to: linear(a, b.transposed(0, 1))))
    #expect(matmul(a[1], b).isBitwiseEqual(to: matmul(a, b)[1]))
  }

  @Test func productsOfNothing() {
    #expect(matmul(Tensor(zeros: [0, 5]), Tensor(ones: [5, 3])).shape == [0, 3])
    let y = linear(Tensor(zeros: [2, 0]), Tensor(zeros: [3, 0]), Tensor([1, 2, 3]))
    #expect(y.scalars(as: Float.self) == [1, 2, 3, 1, 2, 3])
  }

  private func chains(_ x: Tensor, _ w: Tensor, _ bias: [Double]) -> [Double] {
    let (inputs, weights) = (x.scalars(as: Double.self), w.scalars(as: Double.self))
    let depth = w.shape[1]
    return (0..<inputs.count / depth).flatMap { row in
      bias.indices.map { output in
        (0..<depth).reduce(bias[output]) { sum, k in
          sum.addingProduct(weights[output * depth + k], inputs[row * depth + k])
        }
      }
    }
  }

  @Test func extentsThatDoNotMeetStop() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = linear(Tensor(zeros: [2, 3]), Tensor(zeros: [4, 5]))
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("linear: the input is [2, 3] and the weight [4, 5], expected [.., I] and [O, I]"))
  }
}
