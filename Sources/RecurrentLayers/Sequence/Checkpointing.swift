package import RecurrentKernels

/// How much a layer keeps of a sequence for its derivative.
///
/// Back-propagation through time reads the gates of every step: G·H numbers a step, sequence, level and direction, several
/// times the output. They need not be kept. From the state before a piece of the sequence, the piece's gates can be
/// computed again, by the same operations and so with the same bits; the derivative then goes through that piece, and
/// on to the one before it. This is exact BPTT over the whole sequence, not truncated BPTT, for up to
/// a third more time.
///
/// ```swift
/// var lstm = LSTM(inputSize: 40, hiddenSize: 128)
/// lstm.checkpointing = .everySquareRoot      // 100,000 steps: about 1 MB where .none takes 256
/// ```
///
/// It acts while a derivative is recorded; running a layer keeps nothing anyway. Outputs, gradients and weights have
/// the same bits whatever is chosen. Cells of your own keep what their operations record.
///
/// PyTorch's counterpart: `torch.utils.checkpoint` around pieces of a sequence that are cut by hand. Chen et al., "Training deep
/// nets with sublinear memory cost" (2016); Gruslys et al., "Memory-efficient backpropagation through time", NeurIPS (2016).
public enum Checkpointing: Sendable, Hashable {
  /// Everything is kept: the fastest.
  case none
  /// The state before every √T steps is kept, and the gates of √T steps at a time are computed again. A piece has
  /// at least 256 rows (steps times sequences), so that the products over a piece's rows stay efficient.
  case everySquareRoot
  /// At most so many bytes are kept, all levels and directions of the layer together.
  ///
  /// If all gates fit, they are kept and nothing is computed twice. Else pieces are as long as the bound allows: the
  /// gates of one piece of one level, the only ones that exist at a time, and the states before all pieces. Where no
  /// length of pieces fits, the one that takes least is used. What has the size of input or output is not
  /// counted: the output of every level, and gradients of both, exist in any case.
  case bytes(Int)
}

extension Checkpointing {
  /// The steps of a piece, or nil if everything is to be kept.
  ///
  /// - Parameter cellCount: how many of `shape` are recorded, D·L.
  package func pieceLength(_ shape: CellShape, cellCount: Int, _ packing: PackedBatch) -> Int? {
    let steps = packing.stepCount
    switch self {
    case .none: return nil
    case .everySquareRoot:
      let atLeast = (Self.leastRows + packing.batchSize - 1) / max(packing.batchSize, 1)
      let length = max(Int(Double(steps).squareRoot().rounded(.up)), atLeast)
      return length < steps ? length : nil
    case .bytes(let limit):
      let cost = RecordingCost(shape, cellCount: cellCount, packing)
      return cost.ofEverything <= limit ? nil : cost.pieceLength(within: limit)
    }
  }

  private static let leastRows = 256
}

/// Bytes that recording a layer takes.
private struct RecordingCost {
  let shape: CellShape
  let cellCount: Int
  let packing: PackedBatch

  init(_ shape: CellShape, cellCount: Int, _ packing: PackedBatch) {
    self.shape = shape
    self.cellCount = cellCount
    self.packing = packing
  }

  var ofEverything: Int {
    cellCount
      * (shape.activationBytes(rows: packing.rowCount) + shape.stateBytes(batchSize: packing.batchSize))
  }

  /// Counts never grow, so no piece has more rows than the first one.
  func ofPieces(_ length: Int) -> Int {
    let pieces = (packing.stepCount + length - 1) / length
    return shape.recomputedBytes(rows: packing.offset(at: length))
      + cellCount * pieces * shape.stateBytes(batchSize: packing.batchSize)
  }

  /// The greatest length that fits, or the cheapest.
  func pieceLength(within limit: Int) -> Int? {
    let lengths = 1..<max(packing.stepCount, 1)
    return lengths.last { ofPieces($0) <= limit } ?? lengths.min { ofPieces($0) < ofPieces($1) }
  }
}
