import Recurrent
import RecurrentTestSupport
import Testing

@Suite struct PackedBatchTests {
  /// The rows of `[T, N, 1]` numbered 10 t + n.
  static func numbered(_ steps: Int, _ batch: Int) -> Tensor {
    let scalars = (0..<steps).flatMap { t in (0..<batch).map { Float(10 * t + $0) } }
    return Tensor(scalars, shape: [steps, batch, 1])
  }

  @Test func rowsAreSortedByFallingLengthAndStayInOrderWhenEqual() {
    let packing = PackedBatch(lengths: [2, 4, 1, 4, 0], stepLimit: 5)
    #expect(packing.order == [1, 3, 0, 2, 4])
    #expect(packing.batchSizes == [4, 3, 2, 2])
    #expect(packing.offsets == [0, 4, 7, 9, 11])
    #expect(packing.rows(at: 1) == 4..<7)
    #expect(packing.batchSize == 5)
    #expect(packing.rowCount == 11)
  }

  @Test func gatherTakesTheRealStepsTimeMajor() {
    let packing = PackedBatch(lengths: [1, 3, 0], stepLimit: 4)
    let packed = packing.gather(Self.numbered(4, 3))
    expectSameBits(packed, Tensor([1, 0, 11, 21]).reshaped([4, 1]))
  }

  @Test func scatterUndoesGatherAndZeroesTheRest() {
    let packing = PackedBatch(lengths: [1, 3, 0], stepLimit: 4)
    let padded = packing.scatter(packing.gather(Self.numbered(4, 3)))
    expectSameBits(padded, Tensor([0, 1, 0, 0, 11, 0, 0, 21, 0, 0, 0, 0]).reshaped([4, 3, 1]))
  }

  @Test(arguments: [[4, 4, 4], [3, 3, 3], [4, 2, 1]])
  func sortedLengthsNeedNoSorting(_ lengths: [Int]) {
    let packing = PackedBatch(lengths: lengths, stepLimit: 4)
    #expect(packing.order == [0, 1, 2])
    let rows = Tensor([[1], [2], [3]])
    expectSameBits(packing.sort(rows), rows)
    expectSameBits(packing.unsort(rows), rows)
  }

  @Test func fullLengthsAreTheDenseBatch() {
    #expect(PackedBatch(lengths: [4, 4, 4], stepLimit: 4) == PackedBatch(stepCount: 4, batchSize: 3))
    let packed = PackedBatch(stepCount: 4, batchSize: 3).gather(Self.numbered(4, 3))
    expectSameBits(packed, Self.numbered(4, 3).reshaped([12, 1]))
  }

  @Test func sortAndUnsortAreInverse() {
    let packing = PackedBatch(lengths: [2, 4, 1, 0, 3], stepLimit: 4)
    let rows = Tensor([[0], [1], [2], [3], [4]])
    expectSameBits(packing.sort(rows), Tensor([[1], [4], [0], [2], [3]]))
    expectSameBits(packing.unsort(packing.sort(rows)), rows)
  }

  @Test(arguments: [[2, 3, 0, 1], [3, 3, 3, 3], [0, 0, 0, 0]])
  func gradientsMatchDifferences(_ lengths: [Int]) {
    let packing = PackedBatch(lengths: lengths, stepLimit: 3)
    expectGradientsMatchCentralDifferences(at: [Tensor(testValues: [3, 4, 2])], "gather") {
      packing.gather($0[0])
    }
    expectGradientsMatchCentralDifferences(at: [Tensor(testValues: [packing.rowCount, 2])], "scatter") {
      packing.scatter($0[0])
    }
    expectGradientsMatchCentralDifferences(at: [Tensor(testValues: [4, 2])], "sort") {
      packing.sort($0[0]) * packing.unsort($0[0])
    }
  }

  /// Every way of up to four sequences of up to three steps.
  @Test func everySmallBatchIsConsistent() {
    for batch in 0...4 {
      for code in 0..<(1 << (2 * batch)) {
        let lengths = (0..<batch).map { code >> (2 * $0) & 3 }
        let packing = PackedBatch(lengths: lengths, stepLimit: 3)
        #expect(packing.rowCount == lengths.reduce(0, +), "\(lengths)")
        #expect(packing.stepCount == lengths.max() ?? 0, "\(lengths)")
        #expect(packing.batchSizes == packing.batchSizes.sorted(by: >), "\(lengths)")
        for (time, size) in packing.batchSizes.enumerated() {
          #expect(
            Set(packing.order[..<size]) == Set(lengths.indices.filter { lengths[$0] > time }), "\(lengths)")
        }
      }
    }
  }
}
