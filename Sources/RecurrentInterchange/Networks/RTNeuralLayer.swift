import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// One layer of an RTNeural file.
struct RTNeuralLayer {
  let type: String
  private let activation: String
  private let prefix: String
  private let tensors: NamedTensors

  init(_ index: Int, _ tensors: NamedTensors) {
    prefix = "layers.\(index)."
    type = tensors.metadata["rtneural.\(prefix)type"] ?? ""
    activation = tensors.metadata["rtneural.\(prefix)activation"] ?? ""
    self.tensors = tensors
  }

  /// G of a recurrent layer; nil of others.
  var gateCount: Int? { type == "lstm" ? 4 : type == "gru" ? 3 : nil }

  private var isDense: Bool { type == "dense" || type == "time-distributed-dense" }

  // MARK: - Errors

  func unexpected(_ expected: String) -> FileError {
    FileError(
      .otherNetwork, at: .init(file: tensors.source, tensor: prefix), found: "a layer \(type.quoted)",
      expected: expected, advice: "only recurrent layers with one dense layer behind them are read")
  }

  func misshapen(_ name: String, _ expected: String) -> FileError {
    let found = tensors[prefix + name].map { "\($0.shape)" } ?? "nothing"
    let kind: FileError.Kind = found == "nothing" ? .missingTensor : .misshapenTensor
    return FileError(
      kind, at: .init(file: tensors.source, tensor: prefix + name), found: found, expected: expected)
  }

  private func tensor(_ name: String, rank: Int, _ expected: String) throws -> Tensor {
    guard let tensor = tensors[prefix + name], tensor.rank == rank, tensor.count > 0,
      tensor.dtype.isFloatingPoint
    else { throw misshapen(name, expected) }
    return tensor
  }

  // MARK: - Recurrent layers

  /// The weights of a recurrent layer in PyTorch's layout.
  func level() throws -> NetworkLevel {
    guard let gates = gateCount else { throw unexpected("lstm or gru") }
    guard ["", "tanh"].contains(activation) else {
      throw FileError(
        .otherNetwork, at: .init(file: tensors.source, tensor: prefix),
        found: "activation \(activation.quoted)",
        expected: "tanh: RTNeural's layers compute no other", advice: "train it with tanh")
    }
    let recurrent = try tensor("recurrent", rank: 2, "(H, \(gates)*H)")
    let size = recurrent.shape[0]
    guard recurrent.shape[1] == gates * size else {
      throw misshapen("recurrent", "(\(size), \(gates * size))")
    }
    let kernel = try tensor("kernel", rank: 2, "(I, \(gates * size))")
    guard kernel.shape[1] == gates * size else { throw misshapen("kernel", "(I, \(gates * size))") }
    func rows(_ tensor: Tensor) -> Tensor { gates == 3 ? tensor.blocks([1, 0, 2], of: size) : tensor }
    let input = rows(kernel.transposed(0, 1))
    let hidden = rows(recurrent.transposed(0, 1))
    if gates == 4 {
      let bias = try tensor("bias", rank: 1, "(\(gates * size))")
      guard bias.count == gates * size else { throw misshapen("bias", "(\(gates * size))") }
      return NetworkLevel(inputWeight: input, hiddenWeight: hidden, bias: bias)
    }
    let expected = "(2, \(gates * size)), as a GRU with reset_after has it"
    let biases = try tensor("bias", rank: 2, expected)
    guard biases.shape == [2, gates * size] else { throw misshapen("bias", expected) }
    let pair = biases.unstacked().map(rows)
    return NetworkLevel(inputWeight: input, hiddenWeight: hidden, inputBias: pair[0], hiddenBias: pair[1])
  }

  /// Kernel, recurrent kernel and bias of a level; a bias that is not there becomes zeros, which RTNeural asks for.
  static func weights(of level: NetworkLevel, _ kind: RecurrentNetwork.Kind) -> [Tensor] {
    let size = level.hiddenSize
    func rows(_ tensor: Tensor) -> Tensor { kind == .gru ? tensor.blocks([1, 0, 2], of: size) : tensor }
    let zeros = Tensor(zeros: [kind.gateCount * size], dtype: level.inputWeight.dtype)
    let bias =
      kind == .gru
      ? Tensor.stacked([rows(level.inputBias ?? zeros), rows(level.hiddenBias ?? zeros)])
      : level.summedBias ?? zeros
    return [rows(level.inputWeight).transposed(0, 1), rows(level.hiddenWeight).transposed(0, 1), bias]
  }

  // MARK: - The head

  /// What stands behind the recurrent layers: nothing, or a dense layer, perhaps with an activation of its own.
  static func head(of layers: ArraySlice<RTNeuralLayer>) throws -> StoredNetwork.Head? {
    guard let dense = layers.first else { return nil }
    guard dense.isDense else { throw dense.unexpected("lstm, gru or dense") }
    let kernel = try dense.tensor("kernel", rank: 2, "(H, O)")
    let bias = try dense.tensor("bias", rank: 1, "(\(kernel.shape[1]))")
    guard bias.count == kernel.shape[1], bias.dtype == kernel.dtype else {
      throw dense.misshapen("bias", "(\(kernel.shape[1]))")
    }
    var head = StoredNetwork.Head(weight: kernel.transposed(0, 1), bias: bias)
    head.activation = try dense.readActivation()
    guard let next = layers.dropFirst().first else { return head }
    guard next.type == "activation", head.activation == nil, layers.count == 2 else {
      throw (next.type == "activation" ? layers.last ?? next : next).unexpected(
        "nothing behind the dense layer")
    }
    head.activation = try next.readActivation()
    return head
  }

  private static let activations: [String: Activation] = [
    "tanh": .tanh, "relu": .relu, "sigmoid": .sigmoid, "elu": .elu(alpha: 1),
  ]

  private func readActivation() throws -> Activation? {
    if activation.isEmpty || activation == "linear" { return nil }
    if let known = Self.activations[activation] { return known }
    throw FileError(
      .otherNetwork, at: .init(file: tensors.source, tensor: prefix),
      found: "activation \(activation.quoted)",
      expected: "tanh, relu, sigmoid, elu or none", advice: "take it off, and apply it behind the network")
  }

  /// RTNeural's name of an activation, empty for none.
  static func name(of activation: Activation?, _ network: String) throws -> String {
    guard let activation else { return "" }
    if let name = activations.first(where: { $0.value == activation })?.key { return name }
    throw FileError(
      .inexpressible, at: .init(file: network), found: "\(activation.spelling) behind the head",
      expected: "tanh, relu, sigmoid, elu:1.0 or none")
  }
}
