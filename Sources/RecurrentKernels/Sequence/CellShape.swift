import CRecurrentKernels

/// The cells that have fused kernels.
package enum FusedCell: Sendable {
  case rnnTanh, rnnRelu, lstm, gru

  var code: Int32 {
    switch self {
    case .rnnTanh: Int32(CRK_RNN_TANH)
    case .rnnRelu: Int32(CRK_RNN_RELU)
    case .lstm: Int32(CRK_LSTM)
    case .gru: Int32(CRK_GRU)
    }
  }

  /// Gates of the parameters' rows: `weight_ih` is `[gateCount * H, I]`.
  package var gateCount: Int {
    switch self {
    case .rnnTanh, .rnnRelu: 1
    case .lstm: 4
    case .gru: 3
    }
  }
}

/// The sizes of one direction of one layer, and the layout that its kernels work in.
package struct CellShape: Sendable, Equatable {
  package var cell: FusedCell
  package var dtype: DType
  package var inputSize: Int
  package var hiddenSize: Int
  /// 0 without a projection.
  package var projectionSize: Int
  /// Nil for PyTorch's cell.
  package var variant: FusedVariant?

  package init(
    _ cell: FusedCell, _ dtype: DType, inputSize: Int, hiddenSize: Int, projectionSize: Int = 0,
    variant: FusedVariant? = nil
  ) {
    self.cell = cell
    self.dtype = dtype
    self.inputSize = inputSize
    self.hiddenSize = hiddenSize
    self.projectionSize = projectionSize
    self.variant = variant
  }

  /// The width of an output row and of the hidden state.
  package var outputSize: Int { projectionSize > 0 ? projectionSize : hiddenSize }
  package var hasCellState: Bool { cell == .lstm }
  /// GRU: whether U_n is multiplied by m = r h. Slots then are r z m n.
  var resetsBeforeProduct: Bool { cell == .gru && variant?.resetsBeforeProduct == true }

  static func padded(_ size: Int) -> Int { (size + Int(CRK_PANEL) - 1) / Int(CRK_PANEL) * Int(CRK_PANEL) }
  var paddedHidden: Int { Self.padded(hiddenSize) }
  var paddedOutput: Int { Self.padded(outputSize) }

  /// Slots of a row of gates, each ``paddedHidden`` wide: GRU keeps both halves of its candidate.
  var slotCount: Int { cell == .gru ? 4 : cell.gateCount }

  /// Elements between rows of gates; never a multiple of 4096 bytes, which would crowd one set of the cache.
  var gateStride: Int {
    let stride = slotCount * paddedHidden
    return stride * dtype.byteWidth % 4096 == 0 ? stride + Int(CRK_PANEL) : stride
  }

  /// Which slots hold the derivatives that belong to consecutive gates of the input's weights.
  var inputParts: [GatePart] {
    cell == .gru
      ? [GatePart(slot: 0, gate: 0, count: 2), GatePart(slot: 3, gate: 2, count: 1)]
      : [GatePart(slot: 0, gate: 0, count: cell.gateCount)]
  }

  /// The same for the hidden state's weights.
  var hiddenParts: [GatePart] {
    resetsBeforeProduct ? inputParts : [GatePart(slot: 0, gate: 0, count: cell.gateCount)]
  }
}

extension CellShape {
  /// Which gates' derivatives make which weights' gradients: what both take is read once for both.
  var gradientParts: [GradientPart] {
    guard cell == .gru, !resetsBeforeProduct else {
      return hiddenParts.map { GradientPart($0, ofInput: true, ofHidden: true) }
    }
    return [
      GradientPart(inputParts[0], ofInput: true, ofHidden: true),
      GradientPart(inputParts[1], ofInput: true, ofHidden: false),
      GradientPart(GatePart(slot: 2, gate: 2, count: 1), ofInput: false, ofHidden: true),
    ]
  }

  /// Whether both biases are added at the same place, so that they have one gradient.
  var sharesBiasGradient: Bool { cell != .gru || resetsBeforeProduct }
}

/// Gates that are part of the gradient of W, of U, or of both.
struct GradientPart {
  var gates: GatePart
  var ofInput: Bool
  var ofHidden: Bool

  init(_ gates: GatePart, ofInput: Bool, ofHidden: Bool) {
    self.gates = gates
    self.ofInput = ofInput
    self.ofHidden = ofHidden
  }
}

/// `count` gates from `gate` on stand in the slots from `slot` on.
struct GatePart {
  var slot: Int
  var gate: Int
  var count: Int
}
