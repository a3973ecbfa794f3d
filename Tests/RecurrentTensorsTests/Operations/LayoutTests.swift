import Recurrent
import RecurrentTestSupport
import Testing

/// Operations that move elements: reshape, permute, slice, join, look up, convert.
@Suite struct LayoutTests {
  static let block = Tensor((0..<24).map { Float($0) }, shape: [2, 3, 4])

  @Test func reshapingKeepsTheOrder() {
    let x = Self.block.reshaped([4, -1])
    #expect(x.shape == [4, 6] && x.scalars(as: Float.self) == Self.block.scalars(as: Float.self))
  }

  @Test(arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
  func permutingMovesEveryElement(axes: [Int]) {
    let y = Self.block.permuted(axes)
    for i in 0..<2 {
      for j in 0..<3 {
        for k in 0..<4 {
          let index = axes.map { [i, j, k][$0] }
          #expect(y[index[0]][index[1]][index[2]].item() == Double(i * 12 + j * 4 + k))
        }
      }
    }
    #expect(y.shape == axes.map { Self.block.shape[$0] })
  }

  @Test func slicesAlongEveryAxis() {
    #expect(Self.block[1][2].scalars(as: Float.self) == [20, 21, 22, 23])
    #expect(Self.block[1..<2].shape == [1, 3, 4])
    #expect(Self.block.slice(axis: 1, 1..<2).scalars(as: Float.self) == [4, 5, 6, 7, 16, 17, 18, 19])
    #expect(Self.block.slice(axis: -1, 3..<4).scalars(as: Float.self) == [3, 7, 11, 15, 19, 23])
    #expect(Self.block.slice(axis: 0, 1..<1).shape == [0, 3, 4])
  }

  @Test(arguments: [0, 1, 2, -1]) func joiningUndoesParting(axis: Int) {
    let places = Self.block.unstacked(axis: axis)
    #expect(Tensor.stacked(places, axis: axis).isBitwiseEqual(to: Self.block))
    let parts = [0..<1, 1..<2].map { Self.block.slice(axis: axis, $0) }
    let whole = Tensor.concatenated(parts, axis: axis)
    #expect(whole.isBitwiseEqual(to: Self.block.slice(axis: axis, 0..<2)))
  }

  @Test func rowsAndOneHotRowsAreLookedUp() {
    let ids = Tensor([Int64]([2, 0, 2, 1]), shape: [2, 2])
    let table = Tensor([[0, 1], [10, 11], [20, 21]])
    #expect(
      table.gatherRows(ids).isBitwiseEqual(to: Tensor([[[20, 21], [0, 1]], [[20, 21], [10, 11]]])))
    let rows = ids.oneHot(classCount: 3)
    #expect(rows.shape == [2, 2, 3] && matmul(rows, table).isBitwiseEqual(to: table.gatherRows(ids)))
    #expect(ids.oneHot(classCount: 3, dtype: .float64).dtype == .float64)
  }

  @Test func typesAreConverted() {
    let x = Tensor([1.5, -2.75, 1e-9], dtype: .float64)
    #expect(x.asType(.float32).scalars(as: Float.self) == [1.5, -2.75, 1e-9])
    #expect(x.asType(.int64).scalars(as: Int64.self) == [1, -2, 0])
    #expect(Tensor([3, 4], dtype: .int64).asType(.float32).scalars(as: Float.self) == [3, 4])
  }

  @Test func gradientsPassConversionsInTheTypeOfTheInput() {
    let (_, gradients) = valueAndGradients(at: [Tensor([1, 2], dtype: .float64)]) {
      square($0[0].asType(.float32)).sum()
    }
    #expect(gradients[0].scalars(as: Double.self) == [2, 4])
  }

  @Test func bitwiseEqualityTellsZeroesApartAndNaNFromNothing() {
    #expect(!Tensor([0]).isBitwiseEqual(to: Tensor([-0.0])))
    #expect(Tensor([.nan]).isBitwiseEqual(to: Tensor([.nan])))
    #expect(!Tensor([1]).isBitwiseEqual(to: Tensor([[1]])))
    #expect(!Tensor([0]).isBitwiseEqual(to: Tensor([0], dtype: .float64)))
    #expect(Tensor(filled: 2.5, shape: [2, 1]).isBitwiseEqual(to: Tensor([[2.5], [2.5]])))
  }

  @Test func idsOutsideOfTheTableStop() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor(zeros: [3, 2]).gatherRows(Tensor([3], dtype: .int64))
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("gatherRows: id 3 is outside of 0..<3"))
  }
}
