import Recurrent
import RecurrentTestSupport
import Testing

@Suite struct ReductionsTests {
  static let block = Tensor(testValues: [3, 5, 7])

  @Test(arguments: [0, 1, 2]) func sumAlongAnAxisAddsEveryPlace(axis: Int) {
    let places = Self.block.unstacked(axis: axis)
    let expected = places.dropFirst().reduce(places[0]) { $0 + $1 }
    let found = Self.block.sum(axis: axis)
    #expect(found.shape == expected.shape)
    for (a, b) in zip(found.scalars(as: Double.self), expected.scalars(as: Double.self)) {
      #expect(abs(a - b) < 1e-14)
    }
    #expect(Self.block.sum(axis: axis - 3, keepsAxis: true).isBitwiseEqual(to: found.reshaped(kept(axis))))
  }

  private func kept(_ axis: Int) -> Shape {
    var shape = Self.block.shape
    shape[axis] = 1
    return shape
  }

  @Test func sumFoldsSixteenLanesByHalves() {
    let scalars = (0..<37).map { Float($0) * 0.1 + 1e-3 }
    var lanes = [Float](repeating: 0, count: 16)
    for (index, value) in scalars.enumerated() { lanes[index % 16] += value }
    for half in [8, 4, 2, 1] {
      for lane in 0..<half { lanes[lane] += lanes[lane + half] }
    }
    #expect(Tensor(scalars).sum().scalars(as: Float.self) == [lanes[0]])
  }

  @Test func meansAndMaxima() {
    let x = Tensor([[1, 2, 6], [-1, -7, -4]])
    #expect(x.mean().item() == -0.5)
    #expect(x.mean(axis: 1).scalars(as: Float.self) == [3, -4])
    #expect(x.max(axis: 1).scalars(as: Float.self) == [6, -1])
    #expect(x.max(axis: 0, keepsAxis: true).isBitwiseEqual(to: Tensor([[1, 2, 6]])))
  }

  @Test func sumOfNothingIsZero() {
    #expect(Tensor(zeros: [0]).sum().item() == 0)
    #expect(Tensor(zeros: [0, 3]).sum(axis: 0).scalars(as: Float.self) == [0, 0, 0])
    #expect(Tensor(zeros: [2, 0]).sum(axis: 1).scalars(as: Float.self) == [0, 0])
  }

  @Test(arguments: [0, 1, 2]) func softmaxIsTheExponentialOfLogSoftmax(axis: Int) {
    let x = Self.block * 20
    let (a, b) = (x.softmax(axis: axis), exp(x.logSoftmax(axis: axis)))
    for (p, q) in zip(a.scalars(as: Double.self), b.scalars(as: Double.self)) { #expect(abs(p - q) < 1e-13) }
    for total in a.sum(axis: axis).scalars(as: Double.self) { #expect(abs(total - 1) < 1e-14) }
  }

  @Test func softmaxOfLargeNumbersDoesNotOverflow() {
    #expect(Tensor([1000, 1000]).softmax().scalars(as: Float.self) == [0.5, 0.5])
    #expect(Tensor([1000, 0]).logSoftmax().scalars(as: Float.self) == [0, -1000])
  }
}
