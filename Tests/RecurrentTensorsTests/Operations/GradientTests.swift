import Recurrent
import RecurrentTestSupport
import Testing

/// Every operation's derivative against central differences.
@Suite struct GradientTests {
  static let matrix = Tensor(testValues: [3, 5], seed: 2)
  static let positive = Tensor(testValues: [3, 5], in: 0.5...2, seed: 3)
  static let block = Tensor(testValues: [2, 3, 5], seed: 4)

  /// Pairs of shapes, equal and broadcast on either side, at either end and in the middle.
  static let pairs: [(Shape, Shape)] = [
    ([3, 5], [3, 5]), ([3, 5], [5]), ([5], [3, 5]), ([3, 1], [3, 5]), ([3, 5], [3, 1]), ([3, 1], [1, 5]),
    ([2, 3, 5], [3, 1]), ([2, 1, 5], [2, 3, 5]), ([2, 3, 5], []), ([], [3]), ([2, 1, 3, 1], [5, 1, 2]),
  ]

  @Test(arguments: pairs) func arithmeticWithBroadcasting(_ a: Shape, _ b: Shape) {
    let inputs = [Tensor(testValues: a, seed: 5), Tensor(testValues: b, in: 0.5...2, seed: 6)]
    expectGradientsMatchCentralDifferences(at: inputs, "+ \(a) \(b)") { $0[0] + $0[1] }
    expectGradientsMatchCentralDifferences(at: inputs, "- \(a) \(b)") { $0[0] - $0[1] }
    expectGradientsMatchCentralDifferences(at: inputs, "* \(a) \(b)") { $0[0] * $0[1] }
    expectGradientsMatchCentralDifferences(at: inputs, "/ \(a) \(b)") { $0[0] / $0[1] }
  }

  @Test func arithmeticWithNumbers() {
    expectGradientsMatchCentralDifferences(at: [Self.positive]) { (2 - $0[0]) * 3 + 1 / $0[0] }
    expectGradientsMatchCentralDifferences(at: [Self.positive]) { (1 + $0[0] - 0.5) / 3 * 2 }
    expectGradientsMatchCentralDifferences(at: [Self.positive]) { -(0.25 * $0[0]) }
  }

  @Test func elementWiseFunctions() {
    expectGradientsMatchCentralDifferences(at: [Self.matrix], "exp") { exp($0[0]) }
    expectGradientsMatchCentralDifferences(at: [Self.positive], "log") { log($0[0]) }
    expectGradientsMatchCentralDifferences(at: [Self.matrix], "tanh") { tanh($0[0]) }
    expectGradientsMatchCentralDifferences(at: [Self.matrix], "sigmoid") { sigmoid($0[0]) }
    expectGradientsMatchCentralDifferences(at: [Tensor([-1, -0.1, 0.2, 3], dtype: .float64)], "relu") {
      relu($0[0])
    }
    expectGradientsMatchCentralDifferences(at: [Self.matrix], "square") { square($0[0]) }
    expectGradientsMatchCentralDifferences(at: [Self.positive], "sqrt") { sqrt($0[0]) }
  }

  @Test func products() {
    let weight = Tensor(testValues: [7, 5], seed: 7)
    let bias = Tensor(testValues: [7], seed: 8)
    let factor = Tensor(testValues: [5, 2], seed: 9)
    expectGradientsMatchCentralDifferences(at: [Self.block, weight, bias]) { linear($0[0], $0[1], $0[2]) }
    expectGradientsMatchCentralDifferences(at: [Self.block, weight]) { linear($0[0], $0[1]) }
    expectGradientsMatchCentralDifferences(at: [Self.matrix, factor]) { matmul($0[0], $0[1]) }
    expectGradientsMatchCentralDifferences(at: [Self.block, factor]) { matmul($0[0], $0[1]) }
    expectGradientsMatchCentralDifferences(at: [bias, weight]) { matmul($0[0], $0[1]) }
  }

  @Test(arguments: [0, 1, 2, -1]) func reductions(axis: Int) {
    expectGradientsMatchCentralDifferences(at: [Self.block]) { $0[0].sum(axis: axis) }
    expectGradientsMatchCentralDifferences(at: [Self.block]) { $0[0].mean(axis: axis, keepsAxis: true) }
    expectGradientsMatchCentralDifferences(at: [Self.block]) { $0[0].softmax(axis: axis) }
    expectGradientsMatchCentralDifferences(at: [Self.block]) { $0[0].logSoftmax(axis: axis) }
  }

  @Test func wholeReductions() {
    expectGradientsMatchCentralDifferences(at: [Self.block]) { square($0[0]).sum() }
    expectGradientsMatchCentralDifferences(at: [Self.block]) { square($0[0]).mean() }
  }

  @Test func shapes() {
    expectGradientsMatchCentralDifferences(at: [Self.block]) { $0[0].reshaped([5, -1]) }
    expectGradientsMatchCentralDifferences(at: [Self.block]) { $0[0].permuted([2, 0, 1]) }
    expectGradientsMatchCentralDifferences(at: [Self.block]) { $0[0].transposed(0, -1) }
    expectGradientsMatchCentralDifferences(at: [Self.block]) { $0[0][1] }
    expectGradientsMatchCentralDifferences(at: [Self.block]) { $0[0].slice(axis: 1, 1..<3) }
    expectGradientsMatchCentralDifferences(at: [Self.matrix]) { $0[0].broadcast(to: [2, 3, 5]) }
    expectGradientsMatchCentralDifferences(at: [Tensor(testValues: [3, 1])]) {
      $0[0].broadcast(to: [2, 3, 4])
    }
  }

  @Test func joiningAndParting() {
    let other = Tensor(testValues: [3, 2], seed: 11)
    expectGradientsMatchCentralDifferences(at: [Self.matrix, other]) {
      .concatenated([$0[0], $0[1], $0[0]], axis: 1)
    }
    expectGradientsMatchCentralDifferences(at: [Self.matrix, Self.positive]) {
      .stacked([$0[0], $0[1]], axis: 1)
    }
    expectGradientsMatchCentralDifferences(at: [Self.block]) { inputs in
      let places = inputs[0].unstacked(axis: 1)
      return places[0] * places[2]
    }
  }

  @Test func rowsOfATable() {
    let ids = Tensor([Int64](arrayLiteral: 2, 0, 2, 1), shape: [2, 2])
    expectGradientsMatchCentralDifferences(at: [Self.matrix]) { square($0[0].gatherRows(ids)) }
  }
}
