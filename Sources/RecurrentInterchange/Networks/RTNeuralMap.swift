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
    let (kind, size) = (network.network.kind, network.network.hiddenSize)
    var layers = network.levels.map { level in
      (type: kind.rawValue, activation: "tanh", size: size, weights: level[0].kernels(kind))
    }
    if let head = network.head {
      let bias = head.bias ?? Tensor(zeros: [head.weight.shape[0]], dtype: head.weight.dtype)
      let activation = try RTNeuralLayer.name(of: head.activation, network.name)
      layers.append(("dense", activation, bias.count, [head.weight.transposed(0, 1), bias]))
    }
    var tensors = NamedTensors()
    tensors.metadata["rtneural.in_shape"] = "[null, null, \(network.network.inputSize)]"
    tensors.metadata["rtneural.layers"] = "\(layers.count)"
    for (index, layer) in layers.enumerated() {
      let prefix = "layers.\(index)."
      tensors.metadata["rtneural.\(prefix)type"] = layer.type
      tensors.metadata["rtneural.\(prefix)activation"] = layer.activation
      tensors.metadata["rtneural.\(prefix)shape"] = "[null, null, \(layer.size)]"
      for (name, tensor) in zip(RTNeuralFile.names(of: layer.type), layer.weights) {
        tensors[prefix + name] = tensor
      }
    }
    return tensors
  }
}
