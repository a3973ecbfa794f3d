import SwiftProtobuf

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// How much memory a message takes once it is decoded.
///
/// Two bytes of a file can make a message of three hundred, so the decoder goes through the bytes twice: first into this,
/// which follows the schema, counts, and keeps nothing of them. A repeated message is decoded as a single one and thrown
/// away.
struct OnnxCost: Message, _MessageImplementationBase {
  static let protoMessageName = "onnx.Cost"

  private var kind = Kind.model
  /// What structures, arrays and the heads of blocks take. Texts and data come on top: at most the file once more.
  private(set) var byteCount = 0
  /// The bytes of the numbers in arrays.
  private var numberByteCount = 0
  /// The repeated fields that have begun, as bits.
  private var arrays: UInt32 = 0
  var unknownFields = UnknownStorage()

  init() {}

  private init(_ kind: Kind) { self.kind = kind }

  /// While an array grows to twice its size, both are there.
  private static let growth = 3
  /// An array's head, and the allocator's own.
  private static let head = 56

  mutating func decodeMessage<D: Decoder>(decoder: inout D) throws {
    while let number = try decoder.nextFieldNumber() {
      guard let field = kind.field(number) else { continue }
      if field.isArray { begin(number) }
      switch field {
      case .text: try addText(&decoder)
      case .texts:
        byteCount += Self.growth * MemoryLayout<String>.stride
        try addText(&decoder)
      case .data: byteCount += Self.dataHead
      case .datas: byteCount += Self.dataHead + Self.growth * MemoryLayout<Data>.stride
      case .floats, .doubles, .varints: try addNumbers(field, &decoder)
      case .message(let kind): try addMessage(kind, &decoder)
      case .messages(let kind): try addMessages(kind, &decoder)
      }
    }
  }

  private mutating func begin(_ number: Int) {
    let bit = UInt32(1) << UInt32(number)
    if arrays & bit == 0 { byteCount += Self.head }
    arrays |= bit
  }

  // MARK: - Fields

  /// The object and the block of bytes behind one that does not fit in a `Data` itself.
  private static let dataHead = 128

  /// Texts of at most 15 bytes fit in a `String` itself.
  private mutating func addText(_ decoder: inout some Decoder) throws {
    var text = ""
    try decoder.decodeSingularStringField(value: &text)
    if text.utf8.count > 15 { byteCount += Self.head }
  }

  /// A number, or a packed run of them. Memory for a run is taken at its exact size, so that each run after the first
  /// copies all that is there: counted too, for its time.
  private mutating func addNumbers(_ field: Field, _ decoder: inout some Decoder) throws {
    var run: Data?
    try decoder.decodeSingularBytesField(value: &run)
    if let run {
      let size = field.numberWidth * field.numberCount(run)
      if size > 0 { byteCount += size + numberByteCount }
      numberByteCount += size
    } else {
      byteCount += Self.growth * field.numberWidth
      numberByteCount += field.numberWidth
    }
  }

  /// A single message stands in its parent; if it comes again, it goes on growing.
  private mutating func addMessage(_ kind: Kind, _ decoder: inout some Decoder) throws {
    var part: OnnxCost? = OnnxCost(kind)
    part?.numberByteCount = numberByteCount
    try decoder.decodeSingularMessageField(value: &part)
    byteCount += part?.byteCount ?? 0
    numberByteCount = part?.numberByteCount ?? 0
  }

  private mutating func addMessages(_ kind: Kind, _ decoder: inout some Decoder) throws {
    var part: OnnxCost? = OnnxCost(kind)
    try decoder.decodeSingularMessageField(value: &part)
    byteCount += Self.growth * kind.stride + kind.blockSize + (part?.byteCount ?? 0)
  }

  // MARK: - Message

  func traverse<V: Visitor>(visitor: inout V) throws {}

  static func == (a: OnnxCost, b: OnnxCost) -> Bool { a.kind == b.kind && a.byteCount == b.byteCount }
}

// MARK: - Schema

extension OnnxCost {
  /// What may take memory; all other fields are part of their message's structure.
  fileprivate enum Field {
    case text, texts, data, datas, floats, doubles
    case varints(width: Int)
    case message(Kind)
    case messages(Kind)

    var isArray: Bool {
      switch self {
      case .text, .data, .message: false
      case .texts, .datas, .floats, .doubles, .varints, .messages: true
      }
    }

    var numberWidth: Int {
      switch self {
      case .varints(let width): width
      default: isDouble ? 8 : 4
      }
    }

    /// How many numbers a packed run has: each varint ends with a byte below 128.
    func numberCount(_ run: Data) -> Int {
      guard case .varints = self else { return run.count / numberWidth }
      return run.withUnsafeBytes { bytes in bytes.reduce(0) { $0 + ($1 < 0x80 ? 1 : 0) } }
    }

    private var isDouble: Bool {
      if case .doubles = self { true } else { false }
    }
  }

  fileprivate enum Kind {
    case model, operatorSet, entry, graph, node, attribute, tensor, value, type, tensorType, shape, dimension

    var stride: Int {
      switch self {
      case .operatorSet: MemoryLayout<OnnxOperatorSetIdProto>.stride
      case .entry: MemoryLayout<OnnxStringStringEntryProto>.stride
      case .node: MemoryLayout<OnnxNodeProto>.stride
      case .attribute: MemoryLayout<OnnxAttributeProto>.stride
      case .tensor: MemoryLayout<OnnxTensorProto>.stride
      case .value: MemoryLayout<OnnxValueInfoProto>.stride
      case .dimension: MemoryLayout<OnnxTensorShapeProto.Dimension>.stride
      case .model, .graph, .type, .tensorType, .shape: 0  // never in an array
      }
    }

    /// Attributes stand in blocks of their own, with room for a tensor.
    var blockSize: Int { self == .attribute ? MemoryLayout<OnnxTensorProto>.stride + 192 : 0 }

    func field(_ number: Int) -> Field? {
      switch (self, number) {
      case (.model, 7): .message(.graph)
      case (.model, 8): .messages(.operatorSet)
      case (.model, 14): .messages(.entry)
      case (.graph, 1): .messages(.node)
      case (.graph, 5): .messages(.tensor)
      case (.graph, 11...13): .messages(.value)
      case (.graph, 15): .datas
      case (.node, 1...2): .texts
      case (.node, 5): .messages(.attribute)
      case (.attribute, 4): .data
      case (.attribute, 5): .message(.tensor)
      case (.attribute, 7): .floats
      case (.attribute, 8): .varints(width: 8)
      case (.attribute, 9): .datas
      case (.tensor, 1), (.tensor, 7), (.tensor, 11): .varints(width: 8)
      case (.tensor, 3), (.tensor, 9): .data
      case (.tensor, 4): .floats
      case (.tensor, 5): .varints(width: 4)
      case (.tensor, 10): .doubles
      case (.tensor, 13): .messages(.entry)
      case (.value, 2): .message(.type)
      case (.type, 1): .message(.tensorType)
      case (.tensorType, 2): .message(.shape)
      case (.shape, 1): .messages(.dimension)
      case (.model, 2...4), (.model, 6), (.operatorSet, 1), (.entry, 1...2), (.graph, 2), (.graph, 10),
        (.node, 3...4),
        (.node, 6...7), (.attribute, 1), (.attribute, 21), (.tensor, 8), (.value, 1), (.value, 3),
        (.dimension, 2):
        .text
      default: nil
      }
    }
  }
}
