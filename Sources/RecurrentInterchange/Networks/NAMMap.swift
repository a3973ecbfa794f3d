import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// Neural Amp Modeler's recurrent model: an LSTM, a linear layer of one output behind it, and the state that it starts from.
///
/// The flat list of weights has, for each level, `[4H, in + H]` (PyTorch's two matrices side by side, rows i f g o), one bias
/// `[4H]`, and the initial h and c; then the head's weight `[1, H]` and bias. Initial states that are not zero become
/// trainable ones. Other architectures are refused by name.
///
/// What else the file says, such as `metadata` and `sample_rate`, stays with the network's weights as metadata under `nam.`,
/// and is written again.
package enum NAMMap: NetworkMap {
  package static let system = NetworkSystem.nam

  package static func networks(in tensors: NamedTensors) throws -> [StoredNetwork] {
    guard let architecture = tensors.metadata["nam.architecture"], tensors["weight_ih_l0"] == nil else {
      return []
    }
    let place = FileError.Place(file: tensors.source)
    guard architecture == "LSTM" else {
      throw FileError(
        .otherNetwork, at: place, found: "the architecture \(architecture.quoted)", expected: "LSTM",
        advice: "it is no recurrent network")
    }
    guard let weights = tensors["weights"], weights.rank == 1, weights.dtype.isFloatingPoint else {
      throw FileError(.missingTensor, at: place, found: "no list of weights", expected: "weights")
    }
    let config = try NAMConfig(tensors)
    return [try network(config, NAMWeights(weights, config, place), tensors)]
  }

  private static func network(
    _ config: NAMConfig, _ weights: NAMWeights, _ tensors: NamedTensors
  ) throws -> StoredNetwork {
    var weights = weights
    var levels = (0..<config.layerCount).map { weights.takeLevel($0) }
    if levels.allSatisfy({ $0.initialHidden!.isZero && $0.initialCell!.isZero }) {
      for index in levels.indices { (levels[index].initialHidden, levels[index].initialCell) = (nil, nil) }
    }
    var network = try StoredNetwork(
      levels: levels.map { [$0] }, usedTensors: ["weights"],
      metadata: tensors.metadata.filter { $0.key.hasPrefix("nam.") && $0.key != "nam.config" },
      source: tensors.source)
    network.head = StoredNetwork.Head(weight: weights.take([1, config.hiddenSize]), bias: weights.take([1]))
    return network
  }

  package static func encode(_ network: StoredNetwork, as format: NetworkFormat) throws -> EncodedNetwork {
    try network.expectFits(system.rawValue, keeping: [.head, .initialState, .float64])
    try network.expectFinite(system.rawValue)
    guard network.network.kind == .lstm, let head = network.head, head.weight.shape[0] == 1,
      head.activation == nil
    else {
      let text =
        network.head.map { "\(network.network) and a head \($0.weight.shape)" } ?? "\(network.network) alone"
      throw FileError(
        .inexpressible, at: .init(file: network.name), found: text,
        expected: "an LSTM with a linear layer of one output behind it, nothing after that")
    }
    var tensors = NamedTensors(metadata: network.weights.metadata.filter { $0.key.hasPrefix("nam.") })
    try NAMFile.prove(tensors.metadata, file: network.weights.source)
    tensors.metadata["nam.architecture"] = "LSTM"
    tensors.metadata["nam.version"] = tensors.metadata["nam.version"] ?? "0.5.4"
    tensors.metadata["nam.config"] = NAMConfig(network.network).text
    tensors["weights"] = NAMWeights.flat(network, head)
    let losses = network.lossOfSecondBias + network.lossOfPrecision
    return EncodedNetwork(losses: losses) { [tensors] in try NAMFile.write(tensors, to: $0) }
  }
}

/// The sizes of Neural Amp Modeler's LSTM.
struct NAMConfig {
  let inputSize, hiddenSize, layerCount: Int

  init(_ network: RecurrentNetwork) {
    (inputSize, hiddenSize, layerCount) = (network.inputSize, network.hiddenSize, network.layerCount)
  }

  init(_ tensors: NamedTensors) throws {
    let place = FileError.Place(file: tensors.source, tensor: "config")
    let text = tensors.metadata["nam.config"] ?? "{}"
    var cursor = TextCursor(Array(text.utf8), file: tensors.source + " config")
    var sizes: [String: Int] = [:]
    try cursor.readObject { key, cursor in
      guard ["input_size", "hidden_size", "num_layers"].contains(key), sizes[key] == nil else {
        throw FileError(
          .unknownField, at: place, found: key.quoted,
          expected: "input_size, hidden_size and num_layers, each once")
      }
      let size = try cursor.readNatural()
      guard (1...1 << 20).contains(size) else {
        throw FileError(.shape, at: place, found: "\(key) \(size)", expected: "1 to \(1 << 20)")
      }
      sizes[key] = size
    }
    try cursor.expectEnd()
    guard let input = sizes["input_size"], let hidden = sizes["hidden_size"], let layers = sizes["num_layers"]
    else {
      throw FileError(
        .missingField, at: place, found: "only \(sizes.keys.sorted())",
        expected: "input_size, hidden_size and num_layers")
    }
    (inputSize, hiddenSize, layerCount) = (input, hidden, layers)
  }

  var text: String {
    "{\"input_size\": \(inputSize), \"hidden_size\": \(hiddenSize), \"num_layers\": \(layerCount)}"
  }

  /// The numbers in the list of weights; nil if they cannot be counted.
  var weightCount: Int? {
    // Sizes up to 2^20 make at most 2^44 numbers a level.
    let first = 4 * hiddenSize * (inputSize + hiddenSize) + 6 * hiddenSize
    let other = 4 * hiddenSize * 2 * hiddenSize + 6 * hiddenSize
    let (others, overflow) = other.multipliedReportingOverflow(by: layerCount - 1)
    return overflow || others > Int.max / 2 ? nil : first + others + hiddenSize + 1
  }
}

/// The flat list of weights, taken from the front.
struct NAMWeights {
  private let numbers: Tensor
  private var position = 0
  private let config: NAMConfig

  /// - Throws: ``FileError`` if the list has not the length that the sizes ask for.
  init(_ weights: Tensor, _ config: NAMConfig, _ place: FileError.Place) throws {
    guard weights.count == config.weightCount else {
      let expected = config.weightCount.map { "\($0)" } ?? "fewer levels"
      throw FileError(
        .misshapenTensor, at: place, found: "\(weights.count) weights",
        expected: "\(expected) for \(config.text)")
    }
    (numbers, self.config) = (weights, config)
  }

  mutating func take(_ shape: Shape) -> Tensor {
    let count = shape.reduce(1, *)
    defer { position += count }
    return numbers.slice(axis: 0, position..<position + count).reshaped(shape)
  }

  mutating func takeLevel(_ index: Int) -> CellWeights {
    let (rows, input) = (4 * config.hiddenSize, index == 0 ? config.inputSize : config.hiddenSize)
    let both = take([rows, input + config.hiddenSize])
    var level = CellWeights(
      weightIH: both.slice(axis: 1, 0..<input),
      weightHH: both.slice(axis: 1, input..<input + config.hiddenSize), bias: take([rows]))
    level.initialHidden = take([config.hiddenSize])
    level.initialCell = take([config.hiddenSize])
    return level
  }

  static func flat(_ network: StoredNetwork, _ head: StoredNetwork.Head) -> Tensor {
    let dtype = network.network.dtype
    func zeros(_ count: Int) -> Tensor { Tensor(zeros: [count], dtype: dtype) }
    let size = network.network.hiddenSize
    var parts: [Tensor] = []
    for level in network.levels.joined() {
      parts += [
        Tensor.concatenated([level.weightIH, level.weightHH], axis: 1),
        level.summedBias ?? zeros(4 * size),
        level.initialHidden ?? zeros(size), level.initialCell ?? zeros(size),
      ]
    }
    parts += [head.weight, head.bias ?? zeros(1)]
    return Tensor.concatenated(parts.map { $0.reshaped([$0.count]) })
  }
}
