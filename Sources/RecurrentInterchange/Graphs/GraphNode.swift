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
  init(_ node: OnnxNodeProto, file: String) throws {
    let domain = node.domain == GraphNode.ownDomain ? "" : node.domain
    name = node.name
    operatorName = domain.isEmpty ? node.opType : "\(domain).\(node.opType)"
    inputs = node.input
    outputs = node.output
    var attributes: [String: GraphAttribute] = [:]
    for attribute in node.attribute {
      guard attributes[attribute.name] == nil else {
        throw FileError(
          .duplicate, at: .init(file: file, tensor: node.name),
          found: "attribute \(attribute.name.quoted) twice",
          expected: "each attribute once")
      }
      attributes[attribute.name] = try GraphAttribute(attribute, file: file)
    }
    self.attributes = attributes
  }
}

extension GraphAttribute {
  fileprivate init(_ attribute: OnnxAttributeProto, file: String) throws {
    switch attribute.hasRefAttrName ? .graph : attribute.writtenType {
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
  /// The type, or in files that are older than the field, that of what is there.
  fileprivate var writtenType: AttributeType {
    guard type == .undefined else { return type }
    if hasT { return .tensor }
    if hasS { return .string }
    if hasF { return .float }
    if hasI { return .int }
    if !floats.isEmpty { return .floats }
    return strings.isEmpty ? .ints : .strings
  }
}
