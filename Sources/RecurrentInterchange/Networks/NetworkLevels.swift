import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

// The weights of networks cell by cell: one level in one direction each, in PyTorch's layout.

extension RecurrentNetwork {
  /// The weights of each cell: level 0 forward, level 0 reverse, level 1 forward, … .
  ///
  /// - Precondition: the network was described from these tensors.
  func cells(in tensors: NamedTensors) -> [CellWeights] {
    (0..<layerCount).flatMap { layer in
      [false, true].prefix(directionCount).map { isReverse in
        func tensor(_ role: RecurrentParameterName.Role) -> Tensor? {
          let name = RecurrentParameterName(role, layer: isCell ? nil : layer, isReverse: isReverse)
          return tensors[prefix + name.text]
        }
        return CellWeights(
          weightIH: tensor(.inputWeight)!, weightHH: tensor(.hiddenWeight)!, biasIH: tensor(.inputBias),
          biasHH: tensor(.hiddenBias), weightHR: tensor(.projection), peephole: tensor(.peephole),
          initialHidden: tensor(.initialHidden), initialCell: tensor(.initialCell))
      }
    }
  }
}

extension StoredNetwork {
  /// The weights level by level, each with one or two directions.
  var levels: [[CellWeights]] {
    let (cells, directions) = (network.cells(in: weights), network.directionCount)
    return stride(from: 0, to: cells.count, by: directions).map { Array(cells[$0..<$0 + directions]) }
  }

  /// A network of the given levels, each with one or two directions, or a single cell; `source` is the file that they
  /// came from.
  ///
  /// - Throws: ``FileError`` if they do not fit each other.
  init(
    name: String = "", levels: [[CellWeights]], isCell: Bool = false, variant: CellVariant = CellVariant(),
    usedTensors: [String],
    metadata: [String: String] = [:], source: String
  ) throws {
    var weights = NamedTensors(metadata: metadata, source: source)
    for (layer, level) in levels.enumerated() {
      for (cell, isReverse) in zip(level, [false, true]) {
        for role in RecurrentParameterName.Role.allCases {
          let name = RecurrentParameterName(role, layer: isCell ? nil : layer, isReverse: isReverse)
          weights[name.text] = cell.tensor(role)
        }
      }
    }
    try self.init(name: name, weights: weights, variant: variant, usedTensors: usedTensors)
  }
}

extension CellWeights {
  /// A cell of a system with one bias: PyTorch's second is zeros, which change no sum.
  init(weightIH: Tensor, weightHH: Tensor, bias: Tensor?) {
    let zeros = bias.map { Tensor(zeros: $0.shape, dtype: $0.dtype) }
    self.init(weightIH: weightIH, weightHH: weightHH, biasIH: bias, biasHH: zeros)
  }

  /// The sum of both biases, as cells use it, to the bit; nil if there are none.
  var summedBias: Tensor? {
    guard let biasIH, let biasHH else { return nil }
    return biasIH + biasHH
  }

  fileprivate func tensor(_ role: RecurrentParameterName.Role) -> Tensor? {
    switch role {
    case .inputWeight: weightIH
    case .hiddenWeight: weightHH
    case .inputBias: biasIH
    case .hiddenBias: biasHH
    case .projection: weightHR
    case .peephole: peephole
    case .initialHidden: initialHidden
    case .initialCell: initialCell
    }
  }

  /// Whether both could stand in one network, sizes of their inputs apart.
  func isLike(_ other: CellWeights) -> Bool {
    hiddenSize == other.hiddenSize && (biasIH == nil) == (other.biasIH == nil) && dtype == other.dtype
  }
}

extension Tensor {
  /// Whether every element is zero, of either sign.
  var isZero: Bool {
    switch dtype {
    case .float32: scalars(as: Float.self).allSatisfy { $0 == 0 }
    case .float64: scalars(as: Double.self).allSatisfy { $0 == 0 }
    case .int64: scalars(as: Int64.self).allSatisfy { $0 == 0 }
    }
  }

  /// The tensor's equal blocks of rows in another order: block k of the result is block `order[k]` of this tensor.
  func reorderingBlocks(_ order: [Int]) -> Tensor {
    if order == Array(order.indices) { return self }
    let size = shape[0] / order.count
    return Tensor.concatenated(order.map { self[$0 * size..<($0 + 1) * size] })
  }
}
