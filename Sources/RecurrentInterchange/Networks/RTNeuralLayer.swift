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

  /// The kind of a recurrent layer; nil of others.
  var kind: RecurrentNetwork.Kind? { type == "lstm" ? .lstm : type == "gru" ? .gru : nil }

  /// The file's names of its tensors.
  var names: [String] { RTNeuralFile.names(of: type).map { prefix + $0 } }

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
  func cell() throws -> CellWeights {
    guard let kind else { throw unexpected("lstm or gru") }
    guard ["", "tanh"].contains(activation) else {
      throw FileError(
        .otherNetwork, at: .init(file: tensors.source, tensor: prefix),
        found: "activation \(activation.quoted)",
        expected: "tanh: RTNeural's layers compute no other", advice: "train it with tanh")
    }
    let recurrent = try tensor("recurrent", rank: 2, "(H, \(kind.gateCount)*H)")
    let (size, columns) = (recurrent.shape[0], kind.gateCount * recurrent.shape[0])
    guard recurrent.shape[1] == columns else { throw misshapen("recurrent", "(\(size), \(columns))") }
    let kernel = try tensor("kernel", rank: 2, "(I, \(columns))")
    guard kernel.shape[1] == columns else { throw misshapen("kernel", "(I, \(columns))") }
    let bias = try bias(kind == .gru ? [2, columns] : [columns])
    return CellWeights(kernel: kernel, recurrent: recurrent, bias: bias, kind)
  }

  private func bias(_ shape: Shape) throws -> Tensor {
    let text = shape.count == 1 ? "(\(shape[0]))" : "(2, \(shape[1])), as a GRU with reset_after has it"
    let bias = try tensor("bias", rank: shape.count, text)
    guard bias.shape == shape else { throw misshapen("bias", text) }
    return bias
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
