import RecurrentTensors

/// What computes an operator.
typealias GraphOperator = @Sendable (GraphCall) throws -> [Tensor?]

extension GraphCall {
  /// The operators that are run here. A new one adds a line.
  static let operators: [String: GraphOperator] = [
    "RNN": { try $0.recurrent(.rnn) },
    "GRU": { try $0.recurrent(.gru) },
    "LSTM": { try $0.recurrent(.lstm) },

    "Add": { [try $0.combined(+, &+)] },
    "Mul": { [try $0.combined(*, &*)] },
    "Sub": { [try $0.combined(-, &-)] },
    "Sigmoid": { [sigmoid(try $0.floating(0))] },
    "Tanh": { [tanh(try $0.floating(0))] },
    "Relu": { [try $0.rectified()] },
    "Softmax": { [try $0.normalized { $0.softmax() }] },
    "LogSoftmax": { [try $0.normalized { $0.logSoftmax() }] },
    "LeakyRelu": { [try $0.activated()] },
    "ThresholdedRelu": { [try $0.activated()] },
    "Elu": { [try $0.activated()] },
    "HardSigmoid": { [try $0.activated()] },
    "Softsign": { [try $0.activated()] },
    "Softplus": { [try $0.activated()] },
    "MatMul": { [try $0.product()] },
    "Gemm": { [try $0.affineProduct()] },

    "Identity": { [try $0.input(0)] },
    "Cast": { [try $0.cast()] },
    "Constant": { [try $0.constant()] },
    "ConstantOfShape": { [try $0.filled()] },
    "Shape": { [try $0.shape()] },

    "Transpose": { [try $0.transposed()] },
    "Reshape": { [try $0.reshaped()] },
    "Flatten": { [try $0.flattened()] },
    "Squeeze": { [try $0.squeezed()] },
    "Unsqueeze": { [try $0.unsqueezed()] },
    "Expand": { [try $0.expanded()] },
    "Concat": { [try $0.concatenated()] },
    "Split": { try $0.split() },
    "Slice": { [try $0.sliced()] },
    "Gather": { [try $0.gathered()] },
  ]
}
