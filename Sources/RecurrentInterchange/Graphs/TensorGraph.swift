import SwiftProtobuf

/// The operators among which a file's tensors stand.
///
/// They are kept as the messages that they were in the file, which take a tenth of what they take in use: graphs that an
/// exporter has unrolled have tens of thousands.
package struct TensorGraph: Sendable {
  private let messages: [[UInt8]]
  private let file: String
  /// What the graph takes.
  package let inputs: [GraphValue]
  /// What the graph gives.
  package let outputs: [GraphValue]
  /// The version of ONNX's own operators.
  package let operatorSet: Int

  init(_ contents: OnnxContents) {
    messages = contents.nodes
    file = contents.tensors.source
    inputs = contents.inputs
    outputs = contents.outputs
    operatorSet = contents.operatorSet
  }

  /// The number of operators.
  package var nodeCount: Int { messages.count }

  /// The operators in the order of the file, which is the order in which they run.
  ///
  /// - Throws: ``FileError`` if an attribute's tensor has a number that tensors cannot hold.
  /// - Complexity: O(bytes) in time; about a kilobyte of memory for each operator.
  package func nodes() throws -> [GraphNode] {
    try messages.map { try GraphNode(OnnxNodeProto(serializedBytes: $0, partial: true), file: file) }
  }
}
