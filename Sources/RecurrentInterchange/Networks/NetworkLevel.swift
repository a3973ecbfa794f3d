import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// The weights of one level in one direction, in PyTorch's layout; see ``RecurrentNetwork`` for names and shapes.
struct NetworkLevel {
  var inputWeight, hiddenWeight: Tensor
  var inputBias, hiddenBias: Tensor?
  var projection, peephole, initialHidden, initialCell: Tensor?

  init(inputWeight: Tensor, hiddenWeight: Tensor, inputBias: Tensor? = nil, hiddenBias: Tensor? = nil) {
    self.inputWeight = inputWeight
    self.hiddenWeight = hiddenWeight
    self.inputBias = inputBias
    self.hiddenBias = hiddenBias
  }

  /// A level of a system with one bias: PyTorch's second is zeros, which change no sum.
  init(inputWeight: Tensor, hiddenWeight: Tensor, bias: Tensor?) {
    self.init(
      inputWeight: inputWeight, hiddenWeight: hiddenWeight, inputBias: bias,
      hiddenBias: bias.map { Tensor(zeros: $0.shape, dtype: $0.dtype) })
  }

  /// H.
  var hiddenSize: Int { projection?.shape[1] ?? hiddenWeight.shape[1] }

  /// The sum of both biases, as cells use it, to the bit; nil if there are none.
  var summedBias: Tensor? {
    guard let inputBias, let hiddenBias else { return nil }
    return inputBias + hiddenBias
  }

  /// In PyTorch's order, each with what its name begins with.
  fileprivate static var fields: [(name: String, field: WritableKeyPath<NetworkLevel, Tensor?>)] {
    [
      ("bias_ih", \.inputBias), ("bias_hh", \.hiddenBias), ("weight_hr", \.projection),
      ("weight_peephole", \.peephole), ("initial_hidden", \.initialHidden), ("initial_cell", \.initialCell),
    ]
  }

  fileprivate static func ending(layer: Int?, direction: Int) -> String {
    (layer.map { "_l\($0)" } ?? "") + (direction == 1 ? "_reverse" : "")
  }
}

extension StoredNetwork {
  /// The weights level by level, each with one or two directions.
  var levels: [[NetworkLevel]] {
    (0..<network.layerCount).map { layer in
      (0..<network.directionCount).map { direction in
        let ending = NetworkLevel.ending(layer: network.isCell ? nil : layer, direction: direction)
        var level = NetworkLevel(
          inputWeight: weights["weight_ih" + ending]!, hiddenWeight: weights["weight_hh" + ending]!)
        for (name, field) in NetworkLevel.fields { level[keyPath: field] = weights[name + ending] }
        return level
      }
    }
  }

  /// A network of the given levels, each with one or two directions; `source` is the file that they came from.
  ///
  /// - Throws: ``FileError`` if they do not fit each other.
  init(
    name: String = "", levels: [[NetworkLevel]], variant: CellVariant = CellVariant(), usedTensors: [String],
    metadata: [String: String] = [:], source: String
  ) throws {
    var weights = NamedTensors(metadata: metadata, source: source)
    for (layer, level) in levels.enumerated() {
      for (direction, cell) in level.enumerated() {
        let ending = NetworkLevel.ending(layer: layer, direction: direction)
        weights["weight_ih" + ending] = cell.inputWeight
        weights["weight_hh" + ending] = cell.hiddenWeight
        for (field, path) in NetworkLevel.fields { weights[field + ending] = cell[keyPath: path] }
      }
    }
    try self.init(name: name, weights: weights, variant: variant, usedTensors: usedTensors)
  }
}

extension Tensor {
  /// Whether every element is zero, of either sign.
  var isZero: Bool { dtype == .float64 ? allZero(Double.self) : allZero(Float.self) }

  private func allZero<Scalar: TensorScalar & BinaryFloatingPoint>(_: Scalar.Type) -> Bool {
    scalars(as: Scalar.self).allSatisfy { $0 == 0 }
  }

  /// The blocks of `size` rows in another order: block k of the result is block `order[k]` of this tensor.
  func blocks(_ order: [Int], of size: Int) -> Tensor {
    Tensor.concatenated(order.map { slice(axis: 0, $0 * size..<($0 + 1) * size) })
  }
}
