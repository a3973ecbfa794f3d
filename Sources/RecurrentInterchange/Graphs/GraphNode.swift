package import RecurrentTensors

/// One operator of a graph: what it is, what it reads and what it writes.
package struct GraphNode: Sendable {
  /// ONNX's own domain has this name or none.
  static let ownDomain = "ai.onnx"

  /// The node's own name, often empty.
  package let name: String
  /// The operator's name, after its domain unless that is ONNX's own: `LSTM`, `com.microsoft.Attention`.
  package let operatorName: String
  /// The names of what it reads; empty where an optional one is left out.
  package let inputs: [String]
  /// The names of what it writes; empty where nobody wants it.
  package let outputs: [String]
  package let attributes: [String: GraphAttribute]

  /// What it is called in messages.
  var title: String { name.isEmpty ? operatorName : "\(operatorName) \(name.quoted)" }
}

/// A constant that belongs to an operator.
package enum GraphAttribute: Sendable {
  case float(Double)
  case integer(Int)
  case string(String)
  case tensor(Tensor)
  case floats([Double])
  case integers([Int])
  case strings([String])
  /// A kind that no operator here takes, such as a graph.
  case other
}

extension GraphNode {
  /// - Throws: ``FileError`` if an attribute's tensor cannot be read.
  init(_ node: OnnxNodeProto, file: String) throws {
    let domain = node.domain == GraphNode.ownDomain ? "" : node.domain
    name = node.name
    operatorName = domain.isEmpty ? node.opType : "\(domain).\(node.opType)"
    inputs = node.input
    outputs = node.output
    let pairs = try node.attribute.map { ($0.name, try GraphAttribute($0, file: file)) }
    attributes = Dictionary(pairs) { first, _ in first }
  }
}

extension OnnxNodeProto {
  /// Checks what a node must have, without making anything of it.
  ///
  /// - Throws: ``FileError`` that names `file` and the node.
  func check(in file: String) throws {
    for text in [[name, opType, domain], input, output].joined() {
      try text.proveStreamSafe(.init(file: file))
    }
    let place = FileError.Place(file: file, tensor: name)
    guard !opType.isEmpty else {
      throw FileError(.missingField, at: place, found: "a node without `op_type`", expected: "an operator")
    }
    var names: Set<String> = []
    for attribute in attribute {
      try attribute.name.proveStreamSafe(place)
      for text in [attribute.s] + attribute.strings {
        try String(decoding: text, as: UTF8.self).proveStreamSafe(place)
      }
      guard names.insert(attribute.name).inserted else {
        throw FileError(
          .duplicate, at: place, found: "attribute \(attribute.name.quoted) twice",
          expected: "each attribute once")
      }
      if attribute.writtenType == .tensor { try attribute.t.proven(in: file) }
    }
  }
}

extension GraphAttribute {
  fileprivate init(_ attribute: OnnxAttributeProto, file: String) throws {
    switch attribute.writtenType {
    case .float: self = .float(Double(attribute.f))
    case .int: self = .integer(Int(clamping: attribute.i))
    case .string: self = .string(String(decoding: attribute.s, as: UTF8.self))
    case .tensor: self = .tensor(try attribute.t.tensor(in: file))
    case .floats: self = .floats(attribute.floats.map { Double($0) })
    case .ints: self = .integers(attribute.ints.map { Int(clamping: $0) })
    case .strings: self = .strings(attribute.strings.map { String(decoding: $0, as: UTF8.self) })
    default: self = .other
    }
  }
}

extension OnnxAttributeProto {
  /// The type, or in files that are older than the field, that of what is there; `graph` for a reference to a function's
  /// attribute, which is no more run than a graph.
  fileprivate var writtenType: AttributeType {
    if hasRefAttrName { return .graph }
    guard type == .undefined else { return type }
    if hasT { return .tensor }
    if hasS { return .string }
    if hasF { return .float }
    if hasI { return .int }
    if !floats.isEmpty { return .floats }
    return strings.isEmpty ? .ints : .strings
  }
}
