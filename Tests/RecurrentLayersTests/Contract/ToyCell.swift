import Recurrent

/// A cell without mathematics worth the name, which tests the driver: its output is wider than its state, its initial
/// state is a parameter, and it takes any input.
///
///     h' = decay · h + x G        output = (h', -2 h')
struct ToyCell: RecurrentCell {
  var decay: Tensor
  var gain: Tensor
  var start: Tensor

  init(inputSize: Int, hiddenSize: Int, dtype: DType, generator: Generator) {
    func draw(_ shape: Shape) -> Tensor { generator.uniform(shape, from: -0.9, to: 0.9, dtype: dtype) }
    decay = draw([hiddenSize])
    gain = draw([inputSize, hiddenSize])
    start = draw([1, hiddenSize])
  }

  var inputSize: Int { gain.shape[0] }
  var outputSize: Int { 2 * gain.shape[1] }

  func initialState(batchSize: Int) -> Tensor {
    start.broadcast(to: [batchSize, gain.shape[1]])
  }

  func step(_ input: Tensor, from state: Tensor) -> (output: Tensor, state: Tensor) {
    let next = decay * state + matmul(input, gain)
    return (Tensor.concatenated([next, next * -2], axis: 1), next)
  }

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("decay", &decay)
    visitor.visit("gain", &gain)
    visitor.visit("start", &start)
  }
}
