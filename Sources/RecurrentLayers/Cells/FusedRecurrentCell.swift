package import RecurrentKernels
public import RecurrentTensors

/// A cell with kernels that compute whole sequences and their derivative in one call each.
///
/// The tensors in between are never made: one derivative is recorded for the whole sequence. The bits are those of the
/// steps one by one.
package protocol FusedRecurrentCell: RecurrentCell {
  var weights: CellWeights { get }
  var fusedCell: FusedCell { get }
  /// How the cell departs from PyTorch's; nil: in nothing.
  var fusedVariant: FusedVariant? { get }
}

extension FusedRecurrentCell {
  /// The sizes that the kernels work with.
  package var cellShape: CellShape {
    CellShape(
      fusedCell, weights.dtype, inputSize: inputSize, hiddenSize: weights.hiddenSize,
      projectionSize: weights.weightHR == nil ? 0 : outputSize, variant: fusedVariant)
  }

  package var cellParameters: CellParameters {
    CellParameters(
      inputWeight: weights.weightIH.storage, hiddenWeight: weights.weightHH.storage,
      inputBias: weights.biasIH?.storage, hiddenBias: weights.biasHH?.storage,
      projectionWeight: weights.weightHR?.storage, peephole: weights.peephole?.storage)
  }

  /// ``RecurrentCell/sequence(_:packing:reversed:from:)`` by the fused kernels.
  ///
  /// - Complexity: O(rows · G · H · (I + H)); memory O(rows · H), with its derivative recorded O(rows · G · H), or what
  ///   ``Checkpointing`` leaves of it.
  func fusedSequence(
    _ input: Tensor, packing: PackedBatch, reversed: Bool, from state: State
  ) -> (output: Tensor, state: State) {
    let inputs = [input] + state.stateTensors + weights.kernelOperands
    let shape = cellShape
    let steps = packing.steps
    let initial = state.stateTensors.map(\.storage)
    let pass = FusedSequence.forward(
      PackedCell(cellParameters, shape: shape), steps: steps, reversed: reversed,
      input: Operand(input.storage),
      hidden: initial[0], cell: initial.count > 1 ? initial[1] : nil,
      saving: inputs.contains(where: \.isWatched), pieceLength: packing.pieceLength)

    let output = Tensor(adopting: pass.output, shape: [packing.rowCount, outputSize], dtype: weights.dtype)
    let final = zip([pass.hidden, pass.cell].compactMap(\.self), state.stateTensors).map {
      Tensor(adopting: $0, shape: $1.shape, dtype: weights.dtype)
    }
    guard let tape = pass.tape else { return (output, State(stateTensors: final)) }

    let (parameters, rows, needsInput) = (cellParameters, input.storage, input.isWatched)
    let (inputShape, shapes) = (input.shape, inputs.dropFirst().map(\.shape))
    let recorded = Tensor.recorded([output] + final, from: inputs) { gradients in
      let result = FusedSequence.backward(
        parameters, shape: shape, steps: steps, reversed: reversed, input: Operand(rows),
        output: output.storage,
        tape: tape, outputGradient: gradients[0]?.storage, hiddenGradient: gradients[1]?.storage,
        cellGradient: gradients.count > 2 ? gradients[2]?.storage : nil, needsInput: needsInput)
      let inputGradient = result.input.map { Tensor(adopting: $0, shape: inputShape, dtype: shape.dtype) }
      return [inputGradient]
        + zip(result.others, shapes).map { Tensor(adopting: $0, shape: $1, dtype: shape.dtype) }
    }
    return (recorded[0], State(stateTensors: Array(recorded.dropFirst())))
  }
}

extension CellWeights {
  /// The parameters that kernels read, as far as there are any: a state reaches them as a state.
  var kernelOperands: [Tensor] {
    [weightIH, weightHH, biasIH, biasHH, weightHR, peephole].compactMap(\.self)
  }
}

extension FusedGradients {
  /// In the order of what they belong to, after the input: state, parameters.
  fileprivate var others: [AlignedMemory] {
    [
      hidden, cell, parameters.inputWeight, parameters.hiddenWeight, parameters.inputBias,
      parameters.hiddenBias, parameters.projectionWeight, parameters.peephole,
    ].compactMap(\.self)
  }
}

extension CellVariant {
  /// The kernels' form: `activations` are of gates, candidate and output, as many as the cell has.
  fileprivate func fused(_ activations: [Activation], hasPeepholes: Bool = false) -> FusedVariant {
    let functions = activations.map(\.kernelFunction)
    var fused = FusedVariant()
    fused.gate = functions[0]
    fused.candidate = functions.count > 1 ? functions[1] : functions[0]
    if functions.count > 2 { fused.output = functions[2] }
    fused.clip = clip
    fused.couplesInputAndForget = couplesInputAndForget
    fused.resetsBeforeProduct = resetsBeforeProduct
    fused.hasPeepholes = hasPeepholes
    return fused
  }
}

extension Activation {
  fileprivate var kernelFunction: PointwiseFunction {
    switch self {
    case .tanh: .tanh
    case .sigmoid: .sigmoid
    case .relu: PointwiseFunction(.relu)
    case .affine(let alpha, let beta): PointwiseFunction(.affine, alpha: alpha, beta: beta)
    case .leakyRelu(let alpha): PointwiseFunction(.leakyRelu, alpha: alpha)
    case .thresholdedRelu(let alpha): PointwiseFunction(.thresholdedRelu, alpha: alpha)
    case .scaledTanh(let alpha, let beta): PointwiseFunction(.scaledTanh, alpha: alpha, beta: beta)
    case .hardSigmoid(let alpha, let beta): PointwiseFunction(.hardSigmoid, alpha: alpha, beta: beta)
    case .elu(let alpha): PointwiseFunction(.elu, alpha: alpha)
    case .softsign: PointwiseFunction(.softsign)
    case .softplus: PointwiseFunction(.softplus)
    }
  }
}

// MARK: - The cells

extension RNNCell: FusedRecurrentCell {
  package var fusedCell: FusedCell { nonlinearity == .relu ? .rnnRelu : .rnnTanh }
  package var fusedVariant: FusedVariant? {
    let hasKernel = variant.clip == nil && (nonlinearity == .tanh || nonlinearity == .relu)
    return hasKernel ? nil : variant.fused([nonlinearity])
  }

  /// A whole batch of sequences by the fused kernels, with one derivative recorded for all of it.
  public func sequence(
    _ input: Tensor, packing: PackedBatch, reversed: Bool, from state: Tensor
  ) -> (output: Tensor, state: Tensor) {
    fusedSequence(input, packing: packing, reversed: reversed, from: state)
  }
}

extension LSTMCell: FusedRecurrentCell {
  package var fusedCell: FusedCell { .lstm }
  package var fusedVariant: FusedVariant? {
    variant == CellVariant() && weights.peephole == nil
      ? nil
      : variant.fused(
        variant.activations ?? Self.standardActivations, hasPeepholes: weights.peephole != nil)
  }

  /// A whole batch of sequences by the fused kernels, with one derivative recorded for all of it.
  public func sequence(
    _ input: Tensor, packing: PackedBatch, reversed: Bool, from state: LSTMState
  ) -> (output: Tensor, state: LSTMState) {
    fusedSequence(input, packing: packing, reversed: reversed, from: state)
  }
}

extension GRUCell: FusedRecurrentCell {
  package var fusedCell: FusedCell { .gru }
  package var fusedVariant: FusedVariant? {
    variant == CellVariant() ? nil : variant.fused(variant.activations ?? Self.standardActivations)
  }

  /// A whole batch of sequences by the fused kernels, with one derivative recorded for all of it.
  public func sequence(
    _ input: Tensor, packing: PackedBatch, reversed: Bool, from state: Tensor
  ) -> (output: Tensor, state: Tensor) {
    fusedSequence(input, packing: packing, reversed: reversed, from: state)
  }
}
