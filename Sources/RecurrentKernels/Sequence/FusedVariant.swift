import CRecurrentKernels

/// A function of one element with its numbers, as ONNX defines them.
package struct PointwiseFunction: Sendable, Hashable {
  package enum Kind: Sendable, Hashable, CaseIterable {
    case tanh, sigmoid, relu, affine, leakyRelu, thresholdedRelu, scaledTanh, hardSigmoid, elu, softsign,
      softplus
  }

  package var kind: Kind
  package var alpha: Double
  package var beta: Double

  package init(_ kind: Kind, alpha: Double = 0, beta: Double = 0) {
    self.kind = kind
    self.alpha = alpha
    self.beta = beta
  }

  package static let tanh = PointwiseFunction(.tanh)
  package static let sigmoid = PointwiseFunction(.sigmoid)
}

/// How a cell departs from PyTorch's: one struct for all cells, of which each reads what it has.
package struct FusedVariant: Sendable, Hashable {
  /// Of the gates: i, f and o, or r and z.
  package var gate = PointwiseFunction.sigmoid
  /// Of g, of n, or of an RNN's h.
  package var candidate = PointwiseFunction.tanh
  /// LSTM: of c on its way to h.
  package var output = PointwiseFunction.tanh
  /// Sums are kept within -clip...clip; nil for no bounds.
  package var clip: Double?
  /// LSTM: f = 1 - i.
  package var couplesInputAndForget = false
  /// GRU: U_n is multiplied by r h.
  package var resetsBeforeProduct = false
  /// LSTM: whether the parameters have peepholes.
  package var hasPeepholes = false

  package init() {}
}

extension PointwiseFunction {
  var call: crk_function { crk_function(code: code, alpha: alpha, beta: beta) }

  private var code: Int32 {
    switch kind {
    case .tanh: Int32(CRK_TANH)
    case .sigmoid: Int32(CRK_SIGMOID)
    case .relu: Int32(CRK_RELU)
    case .affine: Int32(CRK_AFFINE)
    case .leakyRelu: Int32(CRK_LEAKY_RELU)
    case .thresholdedRelu: Int32(CRK_THRESHOLDED_RELU)
    case .scaledTanh: Int32(CRK_SCALED_TANH)
    case .hardSigmoid: Int32(CRK_HARD_SIGMOID)
    case .elu: Int32(CRK_ELU)
    case .softsign: Int32(CRK_SOFTSIGN)
    case .softplus: Int32(CRK_SOFTPLUS)
    }
  }
}

/// A variant where C finds it, with its peepholes in rows rounded up to whole panels.
final class VariantCall: @unchecked Sendable {
  let pointer: UnsafePointer<crk_variant>
  private let peepholes: AlignedMemory?

  /// Nil for PyTorch's cell.
  init?(_ parameters: CellParameters, _ shape: CellShape) {
    guard let variant = shape.variant else { return nil }
    precondition(
      variant.hasPeepholes == (parameters.peephole != nil),
      "VariantCall: hasPeepholes is \(variant.hasPeepholes), the parameters differ")
    peepholes = parameters.peephole.map {
      FusedSequence.padded($0, shape.hiddenSize, shape, 3)
    }
    let call = UnsafeMutablePointer<crk_variant>.allocate(capacity: 1)
    call.initialize(
      to: crk_variant(
        gate: variant.gate.call, candidate: variant.candidate.call, output: variant.output.call,
        clip: variant.clip ?? .infinity, coupled: variant.couplesInputAndForget ? 1 : 0,
        reset_before: variant.resetsBeforeProduct ? 1 : 0,
        peepholes: peepholes.map { UnsafeRawPointer($0.base) }))
    pointer = UnsafePointer(call)
  }

  deinit { pointer.deallocate() }
}
