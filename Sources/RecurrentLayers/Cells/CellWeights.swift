package import RecurrentKernels
package import RecurrentTensors

/// The parameters that `RNN`, `LSTM` and `GRU` cells have in common, in PyTorch's layout: rows gate after gate.
package struct CellWeights: Sendable {
  /// `[G·H, I]`.
  package var weightIH: Tensor
  /// `[G·H, H]`, or `[G·H, P]` with a projection to `P`.
  package var weightHH: Tensor
  /// `[G·H]` each, or nil.
  package var biasIH: Tensor?
  package var biasHH: Tensor?
  /// The projection `[P, H]`, or nil.
  package var weightHR: Tensor?
  /// An LSTM's peepholes `[3H]` in the order i, f, o, or nil.
  package var peephole: Tensor?
  /// Where a sequence starts that is given no state: `[H]` or `[P]`, and an LSTM's cell state `[H]`; nil for zeros.
  package var initialHidden: Tensor?
  package var initialCell: Tensor?

  package let hiddenSize: Int
  package var inputSize: Int { weightIH.shape[1] }
  /// The size of the hidden state that is fed back and given out.
  package var outputSize: Int { weightHH.shape[1] }
  package var dtype: DType { weightIH.dtype }

  /// Draws every parameter uniformly from ±1/√H, in PyTorch's order: `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`,
  /// `weight_hr`, and then `weight_peephole`. Trainable initial states begin as zeros.
  init(
    inputSize: Int, hiddenSize: Int, gateCount: Int, bias: Bool, projectionSize: Int = 0,
    peepholes: Bool = false, trainableInitialState: Bool, dtype: DType, generator: Generator
  ) {
    let bound = 1 / Double(hiddenSize).squareRoot()
    func draw(_ shape: Shape) -> Tensor {
      generator.uniform(shape, from: -bound, to: bound, dtype: dtype)
    }
    let rows = gateCount * hiddenSize
    self.hiddenSize = hiddenSize
    weightIH = draw([rows, inputSize])
    weightHH = draw([rows, projectionSize > 0 ? projectionSize : hiddenSize])
    biasIH = bias ? draw([rows]) : nil
    biasHH = bias ? draw([rows]) : nil
    weightHR = projectionSize > 0 ? draw([projectionSize, hiddenSize]) : nil
    peephole = peepholes ? draw([3 * hiddenSize]) : nil
    if trainableInitialState {
      initialHidden = Tensor(zeros: [outputSize], dtype: dtype)
      initialCell = gateCount == 4 ? Tensor(zeros: [hiddenSize], dtype: dtype) : nil
    }
  }

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("weight_ih", &weightIH)
    visitor.visit("weight_hh", &weightHH)
    visitor.visit("bias_ih", &biasIH)
    visitor.visit("bias_hh", &biasHH)
    visitor.visit("weight_hr", &weightHR)
    visitor.visit("weight_peephole", &peephole)
    visitor.visit("initial_hidden", &initialHidden)
    visitor.visit("initial_cell", &initialCell)
  }

  /// Every parameter that there is, in the order of the visit.
  var all: [Tensor] { kernelOperands + [initialHidden, initialCell].compactMap(\.self) }

  /// The hidden state that sequences start from, `[N, H_out]`.
  func hiddenRows(_ batchSize: Int) -> Tensor { rows(initialHidden, batchSize, outputSize) }

  /// The cell state that sequences start from, `[N, H]`.
  func cellRows(_ batchSize: Int) -> Tensor { rows(initialCell, batchSize, hiddenSize) }

  private func rows(_ row: Tensor?, _ batchSize: Int, _ width: Int) -> Tensor {
    row?.broadcast(to: [batchSize, width]) ?? Tensor(zeros: [batchSize, width], dtype: dtype)
  }

  /// `x W^T + b_ih + h U^T + b_hh` of the given gates (rows `gates·H` of the weights), each element as the one chain
  /// `b_ih + b_hh (+) W x (+) U h` that fused kernels compute.
  func preactivation(_ input: Tensor, _ hidden: Tensor, gates: Range<Int>) -> Tensor {
    let rows = rows(of: gates)
    let weight = Tensor.concatenated([weightIH[rows], weightHH[rows]], axis: 1)
    let bias = biasIH.flatMap { first in biasHH.map { first[rows] + $0[rows] } }
    return linear(Tensor.concatenated([input, hidden], axis: 1), weight, bias)
  }

  /// `x W^T + b_ih` of the given gates alone.
  func inputPart(_ input: Tensor, gates: Range<Int>) -> Tensor {
    linear(input, weightIH[rows(of: gates)], biasIH?[rows(of: gates)])
  }

  /// `h U^T + b_hh` of the given gates alone.
  func hiddenPart(_ hidden: Tensor, gates: Range<Int>) -> Tensor {
    linear(hidden, weightHH[rows(of: gates)], biasHH?[rows(of: gates)])
  }

  private func rows(of gates: Range<Int>) -> Range<Int> {
    gates.lowerBound * hiddenSize..<gates.upperBound * hiddenSize
  }
}

/// Checks the sizes that every recurrent cell is made with.
func checkSizes(_ name: String, inputSize: Int, hiddenSize: Int, dtype: DType) {
  precondition(inputSize > 0, "\(name): inputSize is \(inputSize), expected at least 1")
  precondition(hiddenSize > 0, "\(name): hiddenSize is \(hiddenSize), expected at least 1")
  precondition(dtype.isFloatingPoint, "\(name): dtype is \(dtype), expected float32 or float64")
}
