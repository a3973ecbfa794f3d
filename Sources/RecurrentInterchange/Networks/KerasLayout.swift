import RecurrentLayers
import RecurrentTensors

// Keras's layout of a cell, which is RTNeural's too: `kernel (I, G*H)` and `recurrent (H, G*H)`, by which rows are
// multiplied, so that their columns are PyTorch's rows; gates i f c o of an LSTM and z r h of a GRU; and one bias, or the
// two `(2, 3H)` of a GRU that resets after the product.

extension CellWeights {
  init(kernel: Tensor, recurrent: Tensor, bias: Tensor?, _ kind: RecurrentNetwork.Kind) {
    let order = NetworkSystem.keras.blockOrder(of: kind, in: .pytorch)
    let weightIH = kernel.transposed(0, 1).reorderingBlocks(order)
    let weightHH = recurrent.transposed(0, 1).reorderingBlocks(order)
    let rows = bias.map { $0.rank == 2 ? $0.unstacked() : [$0] } ?? []
    let biases = rows.map { $0.reorderingBlocks(order) }
    if biases.count == 2 {
      self.init(weightIH: weightIH, weightHH: weightHH, biasIH: biases[0], biasHH: biases[1])
    } else {
      self.init(weightIH: weightIH, weightHH: weightHH, bias: biases.first)
    }
  }

  /// Kernel, recurrent kernel and bias, which is zeros if there is none.
  func kernels(_ kind: RecurrentNetwork.Kind) -> [Tensor] {
    let order = NetworkSystem.pytorch.blockOrder(of: kind, in: .keras)
    let zeros = Tensor(zeros: [kind.gateCount * hiddenSize], dtype: dtype)
    let bias =
      kind == .gru
      ? Tensor.stacked([biasIH ?? zeros, biasHH ?? zeros].map { $0.reorderingBlocks(order) })
      : (summedBias ?? zeros).reorderingBlocks(order)
    return [weightIH, weightHH].map { $0.reorderingBlocks(order).transposed(0, 1) } + [bias]
  }
}
