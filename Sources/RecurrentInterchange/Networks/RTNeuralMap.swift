import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// RTNeural's layers: recurrent ones of one kind and size, and perhaps one dense layer behind them.
///
/// Kernels are Keras's: `(in, G*H)`, gates i f c o of an LSTM, and z r h of a GRU, which resets after the product and keeps
/// both its biases. An LSTM has one bias. Layers of other types are refused by name: what they do would be missing.
package enum RTNeuralMap: NetworkMap {
  package static let system = NetworkSystem.rtneural

  package static func networks(in tensors: NamedTensors) throws -> [StoredNetwork] {
    guard let count = tensors.metadata["rtneural.layers"].flatMap({ Int($0) }) else { return [] }
    let layers = (0..<max(0, min(count, tensors.metadata.count))).map { RTNeuralLayer($0, tensors) }
    let recurrent = layers.prefix { $0.kind != nil }
    if recurrent.isEmpty, let first = layers.first { throw first.unexpected("lstm or gru first") }
    if let other = recurrent.first(where: { $0.type != layers[0].type }) {
      throw other.unexpected("\(layers[0].type), as the layers before")
    }
    let levels = try recurrent.map { [try $0.cell()] }
    if levels.isEmpty { return [] }
    let behind = layers.dropFirst(levels.count)
    var network = try StoredNetwork(
      levels: levels, usedTensors: (recurrent + behind.prefix(1)).flatMap(\.names), source: tensors.source)
    network.head = try RTNeuralLayer.head(of: behind)
    if let weight = network.head?.weight,
      weight.shape[1] != network.network.hiddenSize || weight.dtype != network.network.dtype
    {
      throw layers[levels.count].misshapen(
        "kernel", "(\(network.network.hiddenSize), O) of \(network.network.dtype)")
    }
    return [network]
  }

  package static func encode(_ network: StoredNetwork, as format: NetworkFormat) throws -> EncodedNetwork {
    guard network.network.kind != .rnn else {
      throw FileError(
        .inexpressible, at: .init(file: network.name), found: "an RNN", expected: "an LSTM or a GRU",
        advice: "choose another format: RTNeural has no simple recurrent layer")
    }
    try network.expectFits(system.rawValue, keeping: [.head, .float64])
    try network.expectFinite(system.rawValue)
    let tensors = try tensors(of: network)
    let losses = (network.network.kind == .lstm ? network.lossOfSecondBias : []) + network.lossOfPrecision
    return EncodedNetwork(losses: losses) { try RTNeuralFile.write(tensors, to: $0) }
  }

  private static func tensors(of network: StoredNetwork) throws -> NamedTensors {
    var tensors = NamedTensors()
    func add(_ type: String, _ activation: String, _ size: Int, _ weights: [Tensor]) {
      let index = Int(tensors.metadata["rtneural.layers"] ?? "") ?? 0
      tensors.metadata["rtneural.layers"] = "\(index + 1)"
      tensors.metadata["rtneural.layers.\(index).type"] = type
      tensors.metadata["rtneural.layers.\(index).activation"] = activation
      tensors.metadata["rtneural.layers.\(index).shape"] = "[null, null, \(size)]"
      for (name, tensor) in zip(RTNeuralFile.names(of: type), weights) {
        tensors["layers.\(index).\(name)"] = tensor
      }
    }
    tensors.metadata["rtneural.in_shape"] = "[null, null, \(network.network.inputSize)]"
    let kind = network.network.kind
    for level in network.levels {
      add(kind.rawValue, "tanh", network.network.hiddenSize, level[0].kernels(kind))
    }
    guard let head = network.head else { return tensors }
    let bias = head.bias ?? Tensor(zeros: [head.weight.shape[0]], dtype: head.weight.dtype)
    let activation = try RTNeuralLayer.name(of: head.activation, network.name)
    add("dense", activation, head.weight.shape[0], [head.weight.transposed(0, 1), bias])
    return tensors
  }
}
