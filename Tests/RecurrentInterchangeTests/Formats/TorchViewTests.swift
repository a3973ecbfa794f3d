import Recurrent
import Testing

/// Tensors that are not where they say, one rule each.
@Suite struct TorchViewTests {
  private typealias P = PickleBytes

  private func decode(_ tensor: [UInt8], storage: [UInt8] = [UInt8](repeating: 0, count: 24)) throws
    -> NamedTensors
  {
    try TorchFile.decode(P.archive(P.pickle(P.named("w", tensor)), storage: storage))
  }

  static let outside: [(offset: Int, shape: [Int], strides: [Int], kind: FileError.Kind)] = [
    (1, [2, 3], [3, 1], .offsets), (0, [2, 3], [4, 1], .offsets), (6, [], [], .offsets),
    (-1, [2], [1], .offsets),
    (5, [2], [-1], .offsets), (0, [7], [1], .offsets), (0, [2], [Int.max], .offsets),
    (Int.max, [2], [1], .offsets), (Int.max, [], [], .offsets), (0, [3, 3], [Int.max / 2, 1], .offsets),
    (0, [1 << 32, 1 << 32], [0, 0], .shape), (0, [Int.max], [0], .shape), (0, [-1], [1], .shape),
    (0, [0, Int.max, 4], [0, 0, 0], .shape), (0, [2, 3], [3], .shape),
    (0, [Int](repeating: 1, count: 65), [Int](repeating: 1, count: 65), .shape),
    (0, [1 << 40], [0], .tooLarge), (0, [1 << 20], [0], .tooLarge),
    (0, [Int](repeating: 1, count: 200), [Int](repeating: 1, count: 200), .syntax),
  ]

  @Test(arguments: outside.indices) func elementsOutsideOfTheStorageAreRefused(index: Int) {
    let view = Self.outside[index]
    expectError(view.kind, "\(view)") {
      try decode(P.tensor(offset: view.offset, shape: view.shape, strides: view.strides))
    }
  }

  @Test func repeatedElementsAreReadUpToABound() throws {
    let ones = [UInt8](repeating: 0, count: 20) + [0, 0, 0x80, 0x3F]
    let tensor = try decode(P.tensor(offset: 5, shape: [100, 20], strides: [0, 0]), storage: ones)["w"]!
    #expect(tensor.scalars(as: Float.self) == [Float](repeating: 1, count: 2000))
  }

  @Test(arguments: [("ByteStorage", 1), ("ShortStorage", 2), ("IntStorage", 4), ("LongStorage", 8)])
  func elementsOfEveryWidthAreGathered(type: String, width: Int) throws {
    let storage = (0..<24).flatMap { [UInt8($0)] + [UInt8](repeating: 0, count: width - 1) }
    let tensor = P.tensor(P.storage("0", type, count: 24), offset: 2, shape: [2, 3, 2], strides: [1, 7, 3])
    #expect(
      try decode(tensor, storage: storage)["w"]!.scalars(as: Int64.self)
        == [2, 5, 9, 12, 16, 19, 3, 6, 10, 13, 17, 20])
  }

  /// More elements than are converted at a time.
  @Test func longViewsAreGatheredPieceByPiece() throws {
    let count = 40_000
    let storage = (0..<count).map { UInt8($0 % 251) }
    let tensor = P.tensor(
      P.storage("0", "ByteStorage", count: count), shape: [10, count / 10], strides: [1, 10])
    let expected = (0..<10).flatMap { row in (0..<count / 10).map { Int64((row + 10 * $0) % 251) } }
    #expect(try decode(tensor, storage: storage)["w"]!.scalars(as: Int64.self) == expected)
  }

  @Test func manyViewsOfOneStorageAreRefused() {
    var pickle = P.dictionary + P.storage(count: 20_000) + P.put(0) + P.pop
    for index in 0..<60 {
      pickle +=
        P.text("w\(index)") + P.tensor(P.get(0), offset: index, shape: [19_000], strides: [1]) + P.setItem
    }
    expectError(.tooLarge) {
      try TorchFile.decode(P.archive(P.pickle(pickle), storage: [UInt8](repeating: 0, count: 80_000)))
    }
  }

  @Test func oneTensorUnderManyNamesTakesNoMemory() throws {
    var pickle =
      P.dictionary + P.tensor(P.storage(count: 20_000), shape: [20_000], strides: [1]) + P.put(0) + P.pop
    for index in 0..<60 { pickle += P.text("w\(index)") + P.get(0) + P.setItem }
    let file = P.archive(P.pickle(pickle), storage: [UInt8](repeating: 0, count: 80_000))
    #expect(try TorchFile.decode(file).count == 60)
  }

  @Test func storagesAreWhatTheFileHas() {
    expectError(.byteCount) { try decode(P.tensor(), storage: [0]) }
    expectError(.missingField) { try decode(P.tensor(P.storage("1"))) }
    expectError(.missingField) { try decode(P.tensor(P.storage("../data.pkl"))) }
    expectError(.shape) { try decode(P.tensor(P.storage(count: -1))) }
    expectError(.shape) { try decode(P.tensor(P.storage(count: Int.max))) }
    let twice = P.named("a", P.tensor()) + P.text("b") + P.tensor(P.storage(count: 7)) + P.setItem
    expectError(.inconsistent) { try TorchFile.decode(P.archive(P.pickle(twice))) }
    expectError(.dtype) { try decode(P.tensor(P.storage("0", "ComplexFloatStorage"))) }
    expectError(.dtype) { try decode(P.tensor(P.storage("0", "float8_e4m3fn"))) }
    expectError(.dtype) { try decode(P.tensor(P.storage("0", "Size"))) }
    expectError(.forbidden) { try decode(P.tensor(P.storage("0", "UnknownStorage"))) }
  }

  @Test func namesMustBeDistinct() {
    let pickle =
      P.dictionary + P.text("a.b") + P.tensor() + P.setItem + P.text("a") + P.named("b", P.tensor())
      + P.setItem
    expectError(.duplicate) { try TorchFile.decode(P.archive(P.pickle(pickle))) }
  }

  @Test func pathsThatLeadOutOfTheArchiveAreRefused() {
    let pickle = ZipFile.Entry("archive/data.pkl", P.pickle(P.none))
    for name in ["../data/0", "/data/0", "archive/../../x", "archive\\data\\0"] {
      expectError(.name, name) { try TorchFile.decode(ZipFile.bytes([pickle, ZipFile.Entry(name)])) }
    }
  }

  @Test func overlappingStoragesAreRefused() {
    let pickle = ZipFile.Entry("archive/data.pkl", P.pickle(P.named("w", P.tensor())))
    var inner = ZipFile.Entry("archive/data/1")
    inner.isInDirectoryOnly = true
    let outer = ZipFile.Entry("archive/data/0", ZipFile.local(inner) + inner.data)
    inner.headerStart = UInt32(ZipFile.local(pickle).count + pickle.data.count + ZipFile.local(outer).count)
    expectError(.overlap) { try TorchFile.decode(ZipFile.bytes([pickle, outer, inner])) }
  }

  @Test func onePickleIsExpected() {
    let entries = ["a/data.pkl", "b/data.pkl"].map { ZipFile.Entry($0, P.pickle(P.none)) }
    expectError(.duplicate) { try TorchFile.decode(ZipFile.bytes(entries)) }
  }
}
