/// The operators among which a file's tensors stand.
package struct TensorGraph: Sendable {
  /// The operators in the order of the file, which is the order in which they run.
  package let nodes: [GraphNode]
  /// What the graph takes.
  package let inputs: [GraphValue]
  /// What the graph gives.
  package let outputs: [GraphValue]
  /// The version of ONNX's own operators.
  package let operatorSet: Int

  init(_ model: OnnxModel) {
    nodes = model.nodes
    inputs = model.inputs
    outputs = model.outputs
    operatorSet = model.operatorSet
  }
}
