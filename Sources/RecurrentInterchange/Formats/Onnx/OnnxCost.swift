import SwiftProtobuf

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// At most how many bytes a message takes while it is decoded and used.
///
/// Two bytes of a file can make a message of three hundred, so a part of it goes through this first, which counts fields
/// and keeps none of them.
struct OnnxCost: Message, _MessageImplementationBase {
  /// The messages that have parts or lists of numbers; of all others only the number of fields counts.
  enum Kind {
    case node, attribute, tensor, value, type, tensorType, other
  }

  static let protoMessageName = "onnx.Cost"

  private(set) var byteCount = 0
  private var kind = Kind.other
  /// The bytes of the numbers in lists so far.
  private var numberByteCount = 0
  var unknownFields = UnknownStorage()

  init() {}

  init(of kind: Kind) { self.kind = kind }

  mutating func decodeMessage<D: Decoder>(decoder: inout D) throws {
    while let field = try decoder.nextFieldNumber() {
      if let kind = part(field) { try addPart(kind, &decoder) } else { try addField(field, &decoder) }
    }
  }

  /// A number as an element of an array that grows to twice its size while both are there, and its two later forms.
  private static let number = 40
  /// A text or bytes likewise, and the head of the block behind it.
  private static let text = 192
  /// The largest message, an attribute or a tensor, likewise.
  private static let part = 1024
  /// The message's own copy of what a field holds, the next form that it takes, and the tensor or text in the end.
  private static let copies = 3

  private mutating func addPart(_ kind: Kind, _ decoder: inout some Decoder) throws {
    var part: OnnxCost? = OnnxCost(of: kind)
    part?.numberByteCount = numberByteCount
    try decoder.decodeSingularMessageField(value: &part)
    byteCount += Self.part + (part?.byteCount ?? 0)
    numberByteCount = part?.numberByteCount ?? 0
  }

  /// A field, perhaps a packed run of numbers. Memory for a run is taken at its exact size, so that each run after the
  /// first copies all that is there: counted too, for its time.
  private mutating func addField(_ number: Int, _ decoder: inout some Decoder) throws {
    var content: Data?
    try decoder.decodeSingularBytesField(value: &content)
    byteCount += content == nil ? Self.number : Self.text
    guard let content else { return }
    guard let growth = numberGrowth(number) else {
      byteCount += Self.copies * content.count
      return
    }
    if !content.isEmpty { byteCount += Self.copies * growth * content.count + numberByteCount }
    numberByteCount += growth * content.count
  }

  // MARK: - Schema

  private func part(_ field: Int) -> Kind? {
    switch (kind, field) {
    case (.node, 5): .attribute
    case (.attribute, 5): .tensor
    case (.tensor, 13): .other
    case (.value, 2): .type
    case (.type, 1): .tensorType
    case (.tensorType, 2): .other
    default: nil
    }
  }

  /// How many bytes one byte of a run of numbers becomes; nil for what is no such run. A varint has one byte at least.
  private func numberGrowth(_ field: Int) -> Int? {
    switch (kind, field) {
    case (.attribute, 8), (.tensor, 1), (.tensor, 5), (.tensor, 7), (.tensor, 11): 8
    case (.attribute, 7), (.tensor, 4), (.tensor, 10): 1
    default: nil
    }
  }

  // MARK: - Message

  func traverse<V: Visitor>(visitor: inout V) throws {}

  static func == (a: OnnxCost, b: OnnxCost) -> Bool { a.byteCount == b.byteCount && a.kind == b.kind }
}
