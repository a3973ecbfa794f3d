import RecurrentTensors
import SwiftProtobuf

/// What is kept of an ONNX file, filled in while SwiftProtobuf goes through it.
///
/// The messages of a whole graph would take ten times the file and more. So each node, tensor, input and output is decoded on its own,
/// once ``OnnxCost`` has said that it is affordable, proven, turned into what is kept of it, and let go. What is kept is
/// charged as well, before the next one is looked at.
struct OnnxContents: Message, _MessageImplementationBase {
  private(set) var producerName = ""
  private(set) var producerVersion = ""
  /// The version of the operators of ONNX's own domain.
  private(set) var operatorSet = 1
  private(set) var hasGraph = false
  /// The nodes as messages again, without what is not used here.
  private(set) var nodes: [[UInt8]] = []
  private(set) var inputs: [GraphValue] = []
  private(set) var outputs: [GraphValue] = []
  /// The initializers, and the model's metadata.
  private(set) var tensors = NamedTensors()

  private var budget = MemoryBudget(fileByteCount: 0)
  /// Whether the fields that come are the graph's.
  private var isInGraph = false
  var unknownFields = UnknownStorage()
  static let protoMessageName = "onnx.Contents"

  /// The most operators of a graph: in use, each takes about a kilobyte.
  static let nodeLimit = 1 << 18

  init() {}

  /// Goes through a file's bytes.
  ///
  /// - Throws: ``FileError``; of kind `syntax` if they are no messages, or nest deeper than the schema can; of kind `tooLarge` if they would
  ///   take more than four times their number and a megabyte, the bytes themselves included but not what becomes
  ///   initializers.
  init(_ bytes: [UInt8], file: String) throws {
    tensors.source = file
    budget = MemoryBudget(fileByteCount: bytes.count)
    try charge(bytes.count)
    var options = BinaryDecodingOptions()
    options.messageDepthLimit = 16
    options.discardUnknownFields = true
    do {
      try merge(serializedBytes: bytes, partial: true, options: options)
    } catch let error as FileError {
      throw error
    } catch {
      throw FileError(
        .syntax, at: .init(file: file), found: "\(error)".quoted, expected: "an ONNX model's messages")
    }
  }

  private mutating func charge(_ byteCount: Int) throws { try budget.charge(byteCount, place()) }

  private func place(_ tensor: String? = nil) -> FileError.Place {
    FileError.Place(file: tensors.source, tensor: tensor)
  }

  // MARK: - Fields

  mutating func decodeMessage<D: Decoder>(decoder: inout D) throws {
    while let field = try decoder.nextFieldNumber() {
      if isInGraph { try addGraphField(field, &decoder) } else { try addModelField(field, &decoder) }
    }
  }

  private mutating func addModelField(_ field: Int, _ decoder: inout some Decoder) throws {
    switch field {
    case 2: try decoder.decodeSingularStringField(value: &producerName)
    case 3: try decoder.decodeSingularStringField(value: &producerVersion)
    case 7: try addGraph(&decoder)
    case 8: try part(OnnxOperatorSetIdProto.self, .other, &decoder).map { add($0) }
    case 14: try part(OnnxStringStringEntryProto.self, .other, &decoder).map { try add($0) }
    default: break
    }
  }

  private mutating func addGraphField(_ field: Int, _ decoder: inout some Decoder) throws {
    switch field {
    case 1: try part(OnnxNodeProto.self, .node, &decoder).map { try add($0) }
    case 5: try part(OnnxTensorProto.self, .tensor, &decoder).map { try add($0) }
    case 11: try part(OnnxValueInfoProto.self, .value, &decoder).map { inputs.append(try value($0)) }
    case 12: try part(OnnxValueInfoProto.self, .value, &decoder).map { outputs.append(try value($0)) }
    case 15:
      throw FileError(.dtype, at: place(), found: "sparse initializers", expected: "dense tensors")
    default: break
    }
  }

  /// A message that comes in pieces is their sum, so what came before goes on.
  private mutating func addGraph(_ decoder: inout some Decoder) throws {
    var contents: OnnxContents? = self
    self = OnnxContents()  // so that nothing is copied
    contents?.isInGraph = true
    contents?.hasGraph = true
    try decoder.decodeSingularMessageField(value: &contents)
    if let contents { self = contents }
    isInGraph = false
  }

  /// The message that comes next, once it is known to be affordable; nil if it is none.
  private func part<Part: Message>(
    _ type: Part.Type, _ kind: OnnxCost.Kind, _ decoder: inout some Decoder
  ) throws -> Part? {
    var (ahead, rest) = (decoder, budget)
    var cost: OnnxCost? = OnnxCost(of: kind)
    try ahead.decodeSingularMessageField(value: &cost)
    try rest.charge(cost?.byteCount ?? 0, place())
    var part: Part?
    try decoder.decodeSingularMessageField(value: &part)
    return part
  }

  // MARK: - Parts

  private mutating func add(_ operators: OnnxOperatorSetIdProto) {
    guard operators.domain.isEmpty || operators.domain == GraphNode.ownDomain else { return }
    operatorSet = max(operatorSet, Int(clamping: operators.version))
  }

  private mutating func add(_ entry: OnnxStringStringEntryProto) throws {
    try charge(256)
    for text in [entry.key, entry.value] { try text.proveStreamSafe(place()) }
    tensors.metadata[entry.key] = entry.value
  }

  private mutating func add(_ node: OnnxNodeProto) throws {
    try node.check(in: tensors.source)
    guard nodes.count < Self.nodeLimit else {
      throw FileError(
        .tooLarge, at: place(), found: "more than \(Self.nodeLimit) operators", expected: "fewer")
    }
    var node = node
    node.clearDocString()
    let message: [UInt8] = try node.serializedBytes(partial: true)
    try charge(message.count + 80)
    nodes.append(message)
  }

  private mutating func add(_ initializer: OnnxTensorProto) throws {
    let name = initializer.name
    try name.proveStreamSafe(place())
    guard !name.isEmpty else {
      throw FileError(.name, at: place(name), found: "a tensor without a name", expected: "a name")
    }
    guard tensors[name] == nil else {
      throw FileError(
        .duplicate, at: place(name), found: "two tensors of this name", expected: "distinct names")
    }
    try charge(640)
    tensors[name] = try initializer.tensor(in: tensors.source)
  }

  private mutating func value(_ info: OnnxValueInfoProto) throws -> GraphValue {
    let value = GraphValue(info)
    try value.name.proveStreamSafe(place())
    for case .symbol(let name) in value.shape ?? [] { try name.proveStreamSafe(place()) }
    try charge(256 + 64 * (value.shape?.count ?? 0))
    return value
  }

  // MARK: - Message

  func traverse<V: Visitor>(visitor: inout V) throws {}

  static func == (a: OnnxContents, b: OnnxContents) -> Bool { a.nodes == b.nodes }
}
