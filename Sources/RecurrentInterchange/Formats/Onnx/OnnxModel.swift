import RecurrentTensors
import SwiftProtobuf

/// An ONNX model: a graph of operators, and the tensors that are stored in it.
///
/// ```swift
/// let model = try OnnxModel(reading: "tagger.onnx")
/// print(model.inputs, model.outputs)
/// let outputs = try model.run(["x": input])
/// ```
///
/// **Reading** executes nothing and follows no path out of the file: tensors in other files are refused by name. Graphs
/// within graphs are not read; the operators that have some are not run.
public struct OnnxModel: Sendable {
  /// The file, for messages.
  public var source: String { tensors.source }
  /// The program that wrote the model, and its version; perhaps empty.
  public let producer: String
  /// The version of ONNX's own operators.
  public var operatorSet: Int { graph.operatorSet }
  /// What the graph takes. Those of the same name as a tensor may be left out.
  public var inputs: [GraphValue] { graph.inputs }
  /// What the graph gives.
  public var outputs: [GraphValue] { graph.outputs }
  /// The graph's initializers: its weights, under their names. Metadata is the model's.
  public let tensors: NamedTensors
  /// The operators, and what they take and give.
  package let graph: TensorGraph
  /// The number of the graph's operators.
  public var operatorCount: Int { graph.nodeCount }

  /// Reads the model at `path`.
  ///
  /// - Throws: ``FileError`` that names the file and the tensor; of kind `tooLarge` if what it says would take more
  ///   memory than four times its size and a megabyte, or if it has more than 262,144 operators.
  /// - Complexity: O(bytes) in time; memory up to three times the file's size, for a while.
  public init(reading path: String) throws {
    try self.init(FileSource(path))
  }

  /// Reads a model that is in memory; errors call it `name`.
  ///
  /// - Throws: ``FileError``.
  public init(decoding bytes: [UInt8], name: String = "bytes") throws {
    try self.init(MemorySource(name: name, bytes: bytes))
  }

  init(_ source: any ByteSource) throws {
    var reader = ByteReader(source)
    let contents = try OnnxContents(reader.read(source.byteCount), file: source.name)
    guard contents.hasGraph else {
      throw FileError(
        .missingField, at: .init(file: source.name), found: "no graph", expected: "a model with a graph")
    }
    producer = [contents.producerName, contents.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
    tensors = contents.tensors
    graph = TensorGraph(contents)
  }
}

extension OnnxModelProto {
  /// The bytes of a file with this model.
  package func encoded() throws -> [UInt8] { try serializedBytes(partial: true) }
}

// MARK: - As a file of tensors

extension OnnxModel: TensorFileReader {
  static var format: TensorFile.Format { .onnx }

  /// Whether a file begins as all serializers write a model: its version, then one of the fields that follow.
  ///
  /// The format has no signature. Safetensors files begin with a length below 2^32, so their bytes 4 to 7 are 0.
  static func recognizes(_ start: FileStart) -> Bool {
    let bytes = start.bytes
    guard bytes.count > 4 && bytes[0] == 0x08 && (1..<0x80).contains(bytes[1]) else { return false }
    // Tags of producer_name, producer_version, domain, model_version, doc_string, graph and opset_import.
    guard [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42].contains(bytes[2]) else { return false }
    return bytes[4..<min(8, bytes.count)].contains { $0 != 0 }
  }

  static func read(_ file: FileBytes) throws -> NamedTensors { try OnnxModel(file.source).fileTensors }

  /// The initializers with the graph among which they stand: what ``TensorFile`` gives of the file.
  package var fileTensors: NamedTensors {
    var tensors = tensors
    tensors.graph = graph
    return tensors
  }
}
