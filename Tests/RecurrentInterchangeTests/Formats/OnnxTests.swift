import Recurrent
import RecurrentTestSupport
import Testing

/// Hostile and odd ONNX files: tensors of all types, and what must be refused.
struct OnnxTests {
  private func read(_ tensors: OnnxTensorProto...) throws -> NamedTensors {
    try OnnxModelProto([], outputs: [], tensors: tensors).read().tensors
  }

  @Test func rawAndTypedDataAreTheSame() throws {
    var typed = OnnxTensorProto("a", .int16, dims: [2])
    typed.int32Data = [-2, 7]
    let raw = OnnxTensorProto("b", .int16, dims: [2], raw: [0xFE, 0xFF, 7, 0])
    var half = OnnxTensorProto("c", .float16, dims: [1])
    half.int32Data = [0x3C00]
    var unsigned = OnnxTensorProto("d", .uint32, dims: [1])
    unsigned.uint64Data = [0xFFFF_FFFF]
    var double = OnnxTensorProto("e", .double, dims: [])
    double.doubleData = [0.1]
    let truth = OnnxTensorProto("f", .bool, dims: [2], raw: [0, 1])
    let tensors = try read(typed, raw, half, unsigned, double, truth)
    #expect(tensors["a"]?.scalars(as: Int64.self) == [-2, 7])
    #expect(tensors["b"]?.scalars(as: Int64.self) == [-2, 7])
    #expect(tensors["c"]?.scalars(as: Float.self) == [1])
    #expect(tensors["d"]?.scalars(as: Int64.self) == [0xFFFF_FFFF])
    #expect(tensors["e"]?.shape == [] && tensors["e"]?.item() == 0.1)
    #expect(tensors["f"]?.scalars(as: Int64.self) == [0, 1])
  }

  @Test func dataElsewhereIsRefusedByName() throws {
    var tensor = OnnxTensorProto("w", .float, dims: [1])
    var location = OnnxStringStringEntryProto()
    (location.key, location.value) = ("location", "../../etc/passwd")
    tensor.externalData = [location]
    let error = expectError(.externalData) { try read(tensor) }
    #expect(error.map { "\($0)".contains("../../etc/passwd") } == true)
    var marked = OnnxTensorProto("w", .float, dims: [1])
    marked.dataLocation = .external
    expectError(.externalData) { try read(marked) }
  }

  @Test func shapesAndBytesMustAgree() throws {
    expectError(.byteCount) { try read(OnnxTensorProto("w", .float, dims: [2], raw: [0, 0, 0, 0])) }
    expectError(.byteCount) { try read(OnnxTensorProto("w", .float, dims: [2])) }
    expectError(.shape) { try read(OnnxTensorProto("w", .float, dims: [-1])) }
    expectError(.shape) { try read(OnnxTensorProto("w", .float, dims: [.max, .max])) }
    expectError(.shape) { try read(OnnxTensorProto("w", .float, dims: [1 << 40, 1 << 40, 0])) }
    expectError(.shape) { try read(OnnxTensorProto("w", .float, dims: Array(repeating: 1, count: 65))) }
    expectError(.dtype) { try read(OnnxTensorProto("w", .string, dims: [0])) }
    expectError(.dtype) { try read(OnnxTensorProto("w", .complex64, dims: [0])) }
    expectError(.value) {
      try read(OnnxTensorProto("w", .uint64, dims: [1], raw: Array(repeating: 0xFF, count: 8)))
    }
  }

  @Test func namesThatTakeMinutesToCompareAreRefused() throws {
    let long = "x" + String(repeating: "\u{301}\u{316}", count: 50_000)
    let start = ContinuousClock.now
    expectError(.name) { try read(OnnxTensorProto(long, [1])) }
    for node in [
      OnnxNodeProto(long, ["x"], ["y"]), OnnxNodeProto("Relu", [long], ["y"]),
      OnnxNodeProto("Relu", ["x"], [long]),
      OnnxNodeProto("Relu", ["x"], ["y"], [OnnxAttributeProto(long, 1)]),
    ] {
      expectError(.name) { try OnnxModelProto([node], outputs: ["y"]).read() }
    }
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test func namesAreDistinct() throws {
    expectError(.duplicate) { try read(OnnxTensorProto("w", [1]), OnnxTensorProto("w", [2])) }
    expectError(.name) { try read(OnnxTensorProto("", [1])) }
    let twice = OnnxNodeProto(
      "RNN", [], ["y"], [OnnxAttributeProto("clip", 1), OnnxAttributeProto("clip", 2)])
    expectError(.duplicate) { try OnnxModelProto([twice], outputs: ["y"]).read() }
  }

  @Test func noGraphIsAnError() {
    expectError(.missingField) { try OnnxModel(decoding: []) }
    expectError(.missingField) { try OnnxModel(decoding: [0x08, 0x08]) }
    expectError(.syntax) { try OnnxModel(decoding: [0x08]) }
    expectError(.syntax) { try OnnxModel(decoding: Array("no model at all".utf8)) }
  }

  @Test func deepNestingIsRefusedOrSkipped() throws {
    // Groups within groups, under a number that the schema does not have.
    let depth = 100_000
    let start = Array(repeating: [0xFB, 0x07] as [UInt8], count: depth).flatMap { $0 }
    let end = Array(repeating: [0xFC, 0x07] as [UInt8], count: depth).flatMap { $0 }
    expectError(.syntax) { try OnnxModel(decoding: start + end) }
    // Messages within messages, under GraphProto.node.attribute.g: skipped without being looked into, so that what is wrong
    // is the outermost node.
    var bytes = [UInt8](repeating: 0, count: 100)
    for tag in (0..<300).map({ [0x32, 0x2A, 0x0A][$0 % 3] as UInt8 }) {
      bytes = [tag] + varint(bytes.count) + bytes
    }
    let model = [0x08, 0x08, 0x3A] + varint(bytes.count) + bytes
    expectError(.missingField) { try OnnxModel(decoding: model) }
  }

  private func varint(_ number: Int) -> [UInt8] {
    var (rest, bytes) = (number, [UInt8]())
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  @Test func changedBytesAreErrorsAtMost() throws {
    let model = OnnxModelProto(
      [OnnxNodeProto("Add", ["x", "w"], ["y"], [OnnxAttributeProto("a", 2)])],
      inputs: [OnnxValueInfoProto("x", ["n", "2"])], outputs: ["y"],
      tensors: [OnnxTensorProto("w", [10, 20])])
    let bytes = try model.encoded()
    for position in bytes.indices {
      for mask in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF] as [UInt8] {
        var changed = bytes
        changed[position] ^= mask
        do {
          _ = try OnnxModel(decoding: changed).run(["x": Tensor(zeros: [1, 2], dtype: .int64)])
        } catch is FileError {
        } catch is GraphError {
        } catch {
          Issue.record("byte \(position), mask \(mask): \(error)")
        }
      }
    }
    for end in bytes.indices {
      #expect(throws: (any Error).self, "cut off at \(end)") {
        _ = try OnnxModel(decoding: [UInt8](bytes[..<end])).run(["x": Tensor(zeros: [1, 2], dtype: .int64)])
      }
    }
  }

  @Test func filesAreToldApartByContent() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/weights.bin"
      let model = OnnxModelProto([], outputs: [], tensors: [OnnxTensorProto("w", [1])])
      try AtomicFile.write(model.encoded(), to: path)
      #expect(try TensorFile.format(of: path) == .onnx)
      #expect(try TensorFile.read(path)["w"]?.scalars(as: Int64.self) == [1])
    }
  }
}
