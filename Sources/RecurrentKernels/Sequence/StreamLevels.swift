import CRecurrentKernels
import Synchronization

/// One level's weights in the order that a step reads them: `[panel of 16 units][x, then h][gate][16]`.
struct StreamLevel: Sendable {
  let kind: Int32
  let gateCount, inputSize, hiddenSize, projectionSize: Int
  let weights: AlignedMemory
  /// A GRU variant's weights of n.
  let candidate: AlignedMemory?
  let projection: AlignedMemory?
  let bias: AlignedMemory
  let variant: VariantCall?

  var outputSize: Int { projectionSize > 0 ? projectionSize : hiddenSize }
  var hasCellState: Bool { kind == Int32(CRK_LSTM) }
  var paddedHidden: Int { CellShape.padded(hiddenSize) }
  var paddedOutput: Int { CellShape.padded(outputSize) }
  /// Elements of a row of sums that wait in memory for the cell's functions.
  func sumCount(rows: Int) -> Int {
    guard variant != nil || isFasterByGate(rows: rows) else { return 0 }
    return (kind == Int32(CRK_GRU) ? 4 : gateCount) * paddedHidden
  }
  /// Whether so many rows go faster by the kernels of sequences, which read the weights gate by gate.
  func isFasterByGate(rows: Int) -> Bool {
    guard kind == Int32(CRK_LSTM) || kind == Int32(CRK_GRU) else { return false }
    if variant != nil { return rows > 2 && hiddenSize > 8 }
    if hiddenSize > 32 { return rows > 1 }
    return kind == Int32(CRK_GRU) && rows > 2 && hiddenSize > (rows == 3 ? 16 : 8)
  }
  /// Gates that stand side by side in a group of weights: a variant's stand one after another.
  var groupGateCount: Int { variant == nil ? gateCount : 1 }

  init(_ parameters: CellParameters, _ shape: CellShape, _ packing: StreamPacking) {
    kind = shape.cell.code
    gateCount = shape.cell.gateCount
    inputSize = shape.inputSize
    hiddenSize = shape.hiddenSize
    projectionSize = shape.projectionSize
    variant = VariantCall(parameters, shape)
    let joined = Self.joined(parameters, shape)
    if variant == nil {
      weights = packing.packed(
        joined, gates: gateCount, units: hiddenSize, depth: inputSize + shape.outputSize)
      candidate = nil
    } else {
      let alike = shape.cell == .gru ? 2 : gateCount
      weights = Self.gatesInTurn(joined, 0..<alike, shape, packing)
      candidate = alike < gateCount ? Self.gatesInTurn(joined, alike..<gateCount, shape, packing) : nil
    }
    projection = parameters.projectionWeight.map {
      packing.packed($0, gates: 1, units: shape.projectionSize, depth: shape.hiddenSize)
    }
    bias = parameters.startingSums(shape)
  }

  /// Bytes of weights that a step reads.
  var byteCount: Int {
    weights.byteCount + (candidate?.byteCount ?? 0) + (projection?.byteCount ?? 0)
  }

  /// `bias + W x`, without a state.
  init(_ map: StreamMap, inputSize: Int, _ packing: StreamPacking) {
    kind = Int32(CRK_LINEAR)
    gateCount = 1
    self.inputSize = inputSize
    hiddenSize = map.outputSize
    projectionSize = 0
    variant = nil
    candidate = nil
    weights = packing.packed(map.weight, gates: 1, units: map.outputSize, depth: inputSize)
    projection = nil
    bias = AlignedMemory(packing.dtype, count: CellShape.padded(map.outputSize))
    if let bias = map.bias {
      self.bias.copyBytes(from: bias, byteCount: map.outputSize * packing.dtype.byteWidth)
    }
  }

  /// Gates one after another as one gate, each `[H', depth]`, rows past H zero.
  private static func gatesInTurn(
    _ joined: AlignedMemory, _ gates: Range<Int>, _ shape: CellShape, _ packing: StreamPacking
  ) -> AlignedMemory {
    let depth = shape.inputSize + shape.outputSize
    let (bytes, stride) = (
      shape.hiddenSize * depth * shape.dtype.byteWidth, shape.paddedHidden * depth * shape.dtype.byteWidth
    )
    let matrix = AlignedMemory(byteCount: gates.count * stride)
    for (index, gate) in gates.enumerated() {
      matrix.copyBytes(from: joined, sourceByte: gate * bytes, toByte: index * stride, byteCount: bytes)
    }
    return packing.packed(matrix, gates: 1, units: gates.count * shape.paddedHidden, depth: depth)
  }

  /// `[W U]`, `[G·H, I + H_out]`: one stream of weights per panel, first the input's, then the hidden state's.
  private static func joined(_ parameters: CellParameters, _ shape: CellShape) -> AlignedMemory {
    let (left, right) = (shape.inputSize * shape.dtype.byteWidth, shape.outputSize * shape.dtype.byteWidth)
    let rows = shape.cell.gateCount * shape.hiddenSize
    let joined = AlignedMemory(byteCount: rows * (left + right), zeroed: false)
    for row in 0..<rows {
      let start = row * (left + right)
      joined.copyBytes(
        from: parameters.inputWeight, sourceByte: row * left, toByte: start, byteCount: left)
      joined.copyBytes(
        from: parameters.hiddenWeight, sourceByte: row * right, toByte: start + left, byteCount: right)
    }
    return joined
  }
}

/// A linear map after the levels: `weight` `[O, H_out]`, `bias` `[O]`.
package struct StreamMap {
  let weight: AlignedMemory
  let bias: AlignedMemory?
  let outputSize: Int

  package init(weight: AlignedMemory, bias: AlignedMemory?, outputSize: Int) {
    self.weight = weight
    self.bias = bias
    self.outputSize = outputSize
  }
}

/// How a stream's matrices are packed.
struct StreamPacking {
  let table: KernelTable
  let dtype: DType
  let storage: StreamWeights

  /// A matrix stored `[gates · units, depth]`.
  func packed(_ matrix: AlignedMemory, gates: Int, units: Int, depth: Int) -> AlignedMemory {
    let count = gates * CellShape.padded(units) * depth
    let packed = AlignedMemory(dtype, count: count, zeroed: false)
    table.functions.pack_gates(matrix.base, gates, units, depth, packed.base)
    guard storage != .asTrained else { return packed }
    let narrow = AlignedMemory(byteCount: 2 * count, zeroed: false)
    crk_narrow_weights(storage.code, packed.pointer(0, Float.self), count, narrow.pointer(0, UInt16.self))
    return narrow
  }
}

/// The weights of all levels of a stream: never written again, so any number of streams on any threads may share them.
package final class StreamLevels: Sendable {
  let levels: [StreamLevel]
  let dtype: DType
  let storage: StreamWeights
  /// What the levels' kernels are taken from.
  let table: KernelTable
  /// What the cells' weights are packed from.
  private let cells: [(CellParameters, CellShape)]
  private let byGate = Mutex<[PackedCell]?>(nil)

  /// A second cache of any processor of the last years holds these bytes of weights and what else a step touches.
  private static let nearBytes = 256 * 1024

  /// Levels in order, each reading the output of the one before it, and perhaps a linear map after the last.
  ///
  /// - Precondition: at least one level; 16-bit weights are for float32.
  package init(
    _ cells: [(CellParameters, CellShape)], map: StreamMap? = nil, weights: StreamWeights = .asTrained
  ) {
    precondition(!cells.isEmpty, "StreamLevels: no levels")
    dtype = cells[0].1.dtype
    precondition(
      weights == .asTrained || dtype == .float32,
      "StreamLevels: weights are \(weights) for \(dtype), expected float32")
    storage = weights
    self.cells = cells
    table = .current(dtype)
    let packing = StreamPacking(table: table, dtype: dtype, storage: weights)
    let top = cells[cells.count - 1].1.outputSize
    levels =
      cells.map { StreamLevel($0, $1, packing) }
      + [map].compactMap { $0.map { StreamLevel($0, inputSize: top, packing) } }
  }

  /// The weights of a level as streams of `rows` rows read them faster, packed when the first such stream is made; nil if
  /// there is nothing faster.
  func packedByGate(_ level: Int, rows: Int) -> PackedCell? {
    guard storage == .asTrained, levels[level].isFasterByGate(rows: rows) else { return nil }
    return byGate.withLock { packed in
      if packed == nil { packed = cells.map { PackedCell($0, shape: $1) } }
      return packed![level]
    }
  }

  package var inputSize: Int { levels[0].inputSize }
  package var outputSize: Int { levels[levels.count - 1].outputSize }

  /// Whether a step's weights come from beyond the second cache.
  var isFar: Bool {
    levels.reduce(0) { $0 + $1.byteCount } > Self.nearBytes
  }
}
