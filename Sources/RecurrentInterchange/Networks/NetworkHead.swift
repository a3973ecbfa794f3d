import RecurrentKernels
import RecurrentTensors

extension StoredNetwork {
  /// The linear layer whose weights are `prefix` + `weight` and, if it has one, `prefix` + `bias`; or Keras's, `prefix` +
  /// `kernel [D*H, O]` and `prefix` + `bias`.
  ///
  /// ```swift
  /// let head = try StoredNetwork.head(from: TensorFile.read("tagger.pt"), prefix: "fc.")
  /// ```
  ///
  /// - Throws: ``FileError`` if there is none, or its shapes do not fit each other.
  public static func head(from tensors: NamedTensors, prefix: String) throws -> Head {
    let name = headWeight(in: tensors, prefix: prefix)
    let place = FileError.Place(file: tensors.source, tensor: name)
    guard var weight = tensors[name] else {
      throw FileError(
        .missingTensor, at: place, found: "no tensor of that name", expected: "a head's weight [O, D*H]")
    }
    guard weight.rank == 2, !weight.shape.contains(0), weight.dtype.isFloatingPoint else {
      throw FileError(
        .misshapenTensor, at: place, found: "\(weight.shape) of \(weight.dtype)",
        expected: "[O, D*H] of floats")
    }
    if name == prefix + "kernel" { weight = weight.transposed(0, 1) }
    let bias = tensors[prefix + "bias"]
    if let bias, bias.shape != [weight.shape[0]] || bias.dtype != weight.dtype {
      throw FileError(
        .misshapenTensor, at: .init(file: tensors.source, tensor: prefix + "bias"),
        found: "\(bias.shape) of \(bias.dtype)", expected: "[\(weight.shape[0])] of \(weight.dtype)")
    }
    return Head(weight: weight, bias: bias)
  }

  /// What a linear layer's weight is called: `kernel` in Keras.
  private static func headWeight(in tensors: NamedTensors, prefix: String) -> String {
    ["weight", "kernel"].map { prefix + $0 }.first { tensors[$0] != nil } ?? prefix + "weight"
  }

  /// The network with the linear layer at `prefix` behind its last level; see ``head(from:prefix:)``.
  ///
  /// - Throws: ``FileError`` if there is none, or it does not fit the network.
  public func withHead(from tensors: NamedTensors, prefix: String) throws -> StoredNetwork {
    var result = self
    let head = try Self.head(from: tensors, prefix: prefix)
    let name = Self.headWeight(in: tensors, prefix: prefix)
    let width = network.directionCount * network.outputSize
    guard head.weight.shape[1] == width, head.weight.dtype == network.dtype else {
      throw FileError(
        .misshapenTensor, at: .init(file: tensors.source, tensor: name),
        found: "\(head.weight.shape) of \(head.weight.dtype)",
        expected: "[O, \(width)] of \(network.dtype), behind \(network)")
    }
    result.head = head
    result.usedTensors += [name] + (head.bias == nil ? [] : [prefix + "bias"])
    return result
  }
}
