import Recurrent
import RecurrentTestSupport
import Testing

/// Small files of ONNX messages that would take much more memory once decoded, and honest ones that look like them.
struct OnnxContentsTests {
  private static let count = 30_000

  private struct Attack: CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let error: FileError.Kind

    /// `count` times `piece` inside of messages under the fields `path`, the model's first.
    init(
      _ name: String, _ path: [Int], _ piece: [UInt8], count: Int = OnnxContentsTests.count,
      _ error: FileError.Kind = .tooLarge
    ) {
      testDescription = name
      let body = [[UInt8]](repeating: piece, count: count).flatMap(\.self)
      // A version, and then fields in any order.
      bytes = [0x08, 0x08] + path.reversed().reduce(body) { Self.field($1, $0) }
      self.error = error
    }

    static func field(_ number: Int, _ body: [UInt8]) -> [UInt8] {
      varint(number << 3 | 2) + varint(body.count) + body
    }

    private static func varint(_ number: Int) -> [UInt8] {
      number < 0x80 ? [UInt8(number)] : [UInt8(number & 0x7F) | 0x80] + varint(number >> 7)
    }
  }

  private static let attacks = [
    Attack("operator sets", [], [0x42, 0], .missingField),
    Attack("metadata", [], [0x72, 0]),
    Attack("nodes", [7], [0x0A, 0], .missingField),
    Attack("nodes of one letter", [7], [0x0A, 5, 0x12, 0, 0x22, 1, 0x41]),
    Attack("graphs of one node", [], [0x3A, 9, 0x0A, 7, 0x12, 0, 0x22, 3, 0x41, 0x62, 0x73]),
    Attack("tensors", [7], [0x2A, 0], .name),
    Attack("inputs", [7], [0x5A, 0]),
    Attack("outputs", [7], [0x62, 0]),
    Attack("sparse tensors", [7], [0x7A, 0], .dtype),
    Attack("node's inputs", [7, 1], [0x0A, 0]),
    Attack("node's outputs", [7, 1], [0x12, 0]),
    Attack("long names", [7, 1], Attack.field(1, Array("a name of 20 letters".utf8))),
    Attack("attributes", [7, 1], [0x2A, 0]),
    Attack("attributes with tensors", [7, 1], [0x2A, 2, 0x2A, 0]),
    Attack("attribute's integers", [7, 1, 5], [0x40, 1], count: 100_000),
    Attack("attribute's packed integers", [7, 1, 5, 8], [1], count: 400_000),
    Attack("attribute's strings", [7, 1, 5], [0x4A, 0]),
    Attack("tensor's data elsewhere", [7, 5], [0x6A, 0]),
    Attack("tensor's sizes", [7, 5], [0x08, 1], count: 100_000),
    Attack("packed int32", [7, 5, 5], [1], count: 1_200_000),
    Attack("packed int64", [7, 5, 7], [1], count: 400_000),
    Attack("packed uint64", [7, 5, 11], [1], count: 400_000),
    Attack("int64 one by one", [7, 5], [0x38, 1], count: 100_000),
    Attack("packed runs of one float", [7, 5], [0x22, 4, 0, 0, 0, 0]),
    Attack("packed runs in one tensor's parts", [7, 1, 5], Attack.field(5, [0x3A, 1, 1])),
    Attack("dimensions", [7, 11, 2, 1, 2], [0x0A, 0]),
  ]

  @Test(arguments: attacks)
  private func manySmallMessagesAreRefused(_ attack: Attack) {
    expectError(attack.error, attack.testDescription) { try OnnxModel(decoding: attack.bytes) }
  }

  @Test func manyTensorsOfOneNumberAreRefused() {
    let tensors = (0..<10_000).map { OnnxTensorProto("\($0)", .uint8, dims: [], raw: [1]) }
    expectError(.tooLarge) { try OnnxModelProto([], outputs: [], tensors: tensors).read() }
  }

  /// What SwiftProtobuf merges: a graph that comes in two pieces is their sum.
  @Test func piecesOfAGraphAreOne() throws {
    let pieces = [
      OnnxModelProto([OnnxNodeProto("Relu", ["x"], ["a"])], inputs: [OnnxValueInfoProto("x")], outputs: []),
      OnnxModelProto(
        [OnnxNodeProto("Neg", ["a"], ["y"])], outputs: ["y"], tensors: [OnnxTensorProto("w", [1])]),
    ]
    let model = try OnnxModel(decoding: pieces.flatMap { try $0.encoded() })
    #expect(try model.graph.nodes().map(\.operatorName) == ["Relu", "Neg"])
    #expect(model.inputs.map(\.name) == ["x"] && model.outputs.map(\.name) == ["y"])
    #expect(model.tensors.names == ["w"] && model.operatorSet == 17)
  }

  /// The smallest packed varints that honest files have: shapes, and indices below 128.
  @Test func integersOfOneByteAreRead() throws {
    let numbers = (0..<10_000).map { Int64($0 % 128) }
    let model = try OnnxModelProto([], outputs: [], tensors: [OnnxTensorProto("n", numbers)]).read()
    #expect(model.tensors["n"]?.scalars(as: Int64.self) == numbers)
  }

  @Test func unpackedFloatsAreRead() throws {
    let numbers = [[UInt8]](repeating: [0x25, 0, 0, 0x80, 0x3F], count: 30_000).flatMap(\.self)
    let head: [UInt8] = [0x08, 0xB0, 0xEA, 0x01, 0x10, 1, 0x42, 1, 0x77]
    let model = Attack("floats", [7, 5], head + numbers, count: 1)
    let tensor = try OnnxModel(decoding: model.bytes).tensors["w"]
    #expect(tensor?.shape == [30_000])
    #expect(tensor?.scalars(as: Float.self).allSatisfy { $0 == 1 } == true)
  }

  @Test func manyTensorsOfPackedFloatsAreRead() throws {
    let tensors = (0..<40).map { number in
      var tensor = OnnxTensorProto("w\(number)", .float, dims: [10_000])
      tensor.floatData = Array(repeating: Float(number), count: 10_000)
      return tensor
    }
    #expect(try OnnxModelProto([], outputs: [], tensors: tensors).read().tensors.count == 40)
  }

  /// As an exporter unrolls a network: nothing but operators, and one of them that reads every step.
  @Test func thousandsOfOperatorsWithoutWeightsAreRead() throws {
    let count = 20_000
    var nodes = (0..<count).map { number in
      OnnxNodeProto("Relu", ["/model/Relu_\(number)_output_0"], ["/model/Relu_\(number + 1)_output_0"])
    }
    nodes.append(
      OnnxNodeProto(
        "Concat", nodes.filter { $0.output[0].hasSuffix("0_output_0") }.map { $0.output[0] }, ["y"]))
    let model = try OnnxModelProto(nodes, outputs: ["y"]).read()
    #expect(model.operatorCount == count + 1)
    let last = try #require(model.graph.nodes().last)
    #expect(last.operatorName == "Concat" && last.inputs.count == count / 10)
  }
}
