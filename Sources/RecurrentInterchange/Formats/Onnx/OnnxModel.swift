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
  public let source: String
  /// The program that wrote the model, and its version; perhaps empty.
  public let producer: String
  /// The version of ONNX's own operators.
  public let operatorSet: Int
  /// What the graph takes. Those of the same name as a tensor may be left out.
  public let inputs: [GraphValue]
  /// What the graph gives.
  public let outputs: [GraphValue]
  /// The graph's initializers: its weights, under their names. Metadata is the model's.
  public let tensors: NamedTensors
  /// The operators in the order of the file.
  package let nodes: [GraphNode]
  /// The number of the graph's operators.
  public var operatorCount: Int { nodes.count }

  /// Reads the model at `path`.
  ///
  /// - Throws: ``FileError`` that names the file and the tensor; of kind `tooLarge` if the file's messages would take more
  ///   than four times its size and a megabyte, as those of thousands of operators without weights do.
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
    let model = try OnnxModelProto(source)
    let graph = model.graph
    let place = FileError.Place(file: source.name)
    guard model.hasGraph else {
      throw FileError(.missingField, at: place, found: "no graph", expected: "a model with a graph")
    }
    guard graph.sparseInitializer.isEmpty else {
      throw FileError(.dtype, at: place, found: "sparse initializers", expected: "dense tensors")
    }
    self.source = source.name
    producer = [model.producerName, model.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
    operatorSet = model.operatorSet
    inputs = graph.input.map { GraphValue($0) }
    outputs = graph.output.map { GraphValue($0) }
    tensors = try NamedTensors(model, file: source.name)
    nodes = try graph.node.map { try GraphNode($0, file: source.name) }
  }
}

// MARK: - Messages

extension OnnxModelProto {
  /// Parses a file. Messages that nest deeper than the schema can are refused, and those that take much more memory
  /// than the file.
  package init(_ bytes: [UInt8], name: String) throws {
    var options = BinaryDecodingOptions()
    options.messageDepthLimit = 16
    options.discardUnknownFields = true
    do {
      let cost = try OnnxCost(serializedBytes: bytes, partial: true, options: options)
      var budget = MemoryBudget(fileByteCount: bytes.count)
      // The file, its texts and data once more, and what holds them.
      try budget.charge(2 * bytes.count + cost.byteCount, .init(file: name))
      try self.init(serializedBytes: bytes, partial: true, options: options)
    } catch let error as FileError {
      throw error
    } catch {
      throw FileError(
        .syntax, at: .init(file: name), found: "\(error)".quoted, expected: "an ONNX model's messages")
    }
  }

  /// The bytes of a file with this model.
  package func encoded() throws -> [UInt8] { try serializedBytes(partial: true) }

  fileprivate init(_ source: any ByteSource) throws {
    var reader = ByteReader(source)
    try self.init(reader.read(source.byteCount), name: source.name)
  }

  /// The version of the operators of ONNX's own domain.
  package var operatorSet: Int {
    let own = opsetImport.filter { $0.domain.isEmpty || $0.domain == GraphNode.ownDomain }
    return Int(clamping: own.map(\.version).max() ?? 1)
  }
}

extension NamedTensors {
  /// The initializers of a model's graph.
  fileprivate init(_ model: OnnxModelProto, file: String) throws {
    self.init(metadata: [:], source: file)
    for entry in model.metadataProps { metadata[entry.key] = entry.value }
    for initializer in model.graph.initializer {
      let place = FileError.Place(file: file, tensor: initializer.name)
      guard !initializer.name.isEmpty else {
        throw FileError(.name, at: place, found: "a tensor without a name", expected: "a name")
      }
      guard self[initializer.name] == nil else {
        throw FileError(.duplicate, at: place, found: "two tensors of this name", expected: "distinct names")
      }
      self[initializer.name] = try initializer.tensor(in: file)
    }
  }
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

  static func read(_ file: FileBytes) throws -> NamedTensors {
    let model = try OnnxModel(file.source)
    var tensors = model.tensors
    tensors.graph = TensorGraph(model)
    return tensors
  }
}
