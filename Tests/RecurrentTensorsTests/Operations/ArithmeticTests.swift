import Recurrent
import RecurrentTestSupport
import Testing

@Suite struct ArithmeticTests {
  @Test(arguments: GradientTests.pairs) func broadcastingEqualsAnExpandedLoop(_ a: Shape, _ b: Shape) {
    let (x, y) = (Tensor(testValues: a, seed: 1), Tensor(testValues: b, in: 0.5...2, seed: 2))
    let shape = (x + y).shape
    let pairs = zip(expanded(x, shape), expanded(y, shape))
    #expect((x + y).scalars(as: Double.self) == pairs.map { $0 + $1 })
    #expect((x - y).scalars(as: Double.self) == pairs.map { $0 - $1 })
    #expect((x * y).scalars(as: Double.self) == pairs.map { $0 * $1 })
    #expect((x / y).scalars(as: Double.self) == pairs.map { $0 / $1 })
    #expect(x.broadcast(to: shape).scalars(as: Double.self) == expanded(x, shape))
  }

  /// The elements of a tensor repeated to `shape`, found one by one from their indices.
  private func expanded(_ x: Tensor, _ shape: Shape) -> [Double] {
    let scalars = x.scalars(as: Double.self)
    return (0..<shape.reduce(1, *)).map { place in
      var (rest, source, step) = (place, 0, 1)
      for axis in 0..<shape.count {
        let index = rest % shape[shape.count - 1 - axis]
        rest /= shape[shape.count - 1 - axis]
        guard axis < x.rank else { continue }
        let extent = x.shape[x.rank - 1 - axis]
        source += (extent == 1 ? 0 : index) * step
        step *= extent
      }
      return scalars[source]
    }
  }

  @Test func numbersStandOnEitherSide() {
    let x = Tensor([1, 2, 4])
    #expect((x + 1).scalars(as: Float.self) == [2, 3, 5])
    #expect((1 - x).scalars(as: Float.self) == [0, -1, -3])
    #expect((2 * x * 3).scalars(as: Float.self) == [6, 12, 24])
    #expect((8 / x / 2).scalars(as: Float.self) == [4, 2, 1])
    #expect((-x).scalars(as: Float.self) == [-1, -2, -4])
  }

  @Test func nothingAddedToNothingIsNothing() {
    #expect((Tensor(zeros: [0, 3]) + Tensor([1, 2, 3])).shape == [0, 3])
    #expect((Tensor(zeros: [2, 0]) * Tensor(zeros: [2, 1])).shape == [2, 0])
  }

  @Test func shapesThatDoNotBroadcastStop() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor(zeros: [2, 3]) + Tensor(zeros: [2])
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("add: shapes [2, 3] and [2] do not broadcast together"))
  }
}
