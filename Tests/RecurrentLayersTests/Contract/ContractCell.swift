import Recurrent
import RecurrentLayers

/// The cells that the contract suite runs over. A new cell is one more case.
enum ContractCell: String, CaseIterable, Sendable {
  case rnnTanh, rnnRelu, lstm, lstmProjected, gru, toy

  /// What a layer is made of; sizes are pairwise different primes.
  struct Options {
    var inputSize = 5
    var hiddenSize = 11
    var levels = 1
    var bidirectional = false
    var batchFirst = false
    var dropout = 0.0
    var dtype = DType.float32
    var seed: UInt64 = 1
  }

  func makeLayer(_ options: Options = Options()) -> any ContractLayer {
    let generator = Generator(seed: options.seed)
    let (size, dtype) = (options.hiddenSize, options.dtype)
    switch self {
    case .rnnTanh, .rnnRelu:
      let nonlinearity: Activation = self == .rnnTanh ? .tanh : .relu
      return options.layer(generator) {
        RNNCell(
          inputSize: $0, hiddenSize: size, nonlinearity: nonlinearity, dtype: dtype, generator: generator)
      }
    case .lstm, .lstmProjected:
      let projection = self == .lstm ? 0 : 2 * size / 3
      return options.layer(generator) {
        LSTMCell(
          inputSize: $0, hiddenSize: size, projectionSize: projection, dtype: dtype, generator: generator)
      }
    case .gru:
      return options.layer(generator) {
        GRUCell(inputSize: $0, hiddenSize: size, dtype: dtype, generator: generator)
      }
    case .toy:
      return options.layer(generator) {
        ToyCell(inputSize: $0, hiddenSize: size, dtype: dtype, generator: generator)
      }
    }
  }
}

extension ContractCell.Options {
  fileprivate func layer<Cell: RecurrentCell>(
    _ generator: Generator, _ makeCell: (Int) -> Cell
  ) -> any ContractLayer {
    RecurrentLayer(
      inputSize: inputSize, layerCount: levels, batchFirst: batchFirst, dropout: dropout,
      bidirectional: bidirectional, generator: generator, makeCell: makeCell)
  }
}

/// A layer whose state is a list of tensors, so that one test runs over all kinds.
protocol ContractLayer: Module, Sendable {
  var inputSize: Int { get }
  var outputSize: Int { get }
  var layerCount: Int { get }
  var directionCount: Int { get }
  var checkpointing: Checkpointing { get set }
  /// The same layer without fused kernels.
  var withoutFusion: any ContractLayer { get }
  /// One cell's layer, reading forward, without its neighbours.
  func single(level: Int, direction: Int) -> any ContractLayer
  func run(_ input: Tensor, from state: [Tensor]?, lengths: [Int]?) -> (output: Tensor, state: [Tensor])
  func initialState(batchSize: Int) -> [Tensor]
  /// Feeds `[T, N, I]` to a stream step by step.
  func stream(_ input: Tensor, from state: [Tensor]) -> (output: Tensor, state: [Tensor])
}

extension ContractLayer {
  func run(_ input: Tensor, from state: [Tensor]? = nil) -> (output: Tensor, state: [Tensor]) {
    run(input, from: state, lengths: nil)
  }
}

extension RecurrentLayer: ContractLayer {
  var withoutFusion: any ContractLayer { composed }

  func single(level: Int, direction: Int) -> any ContractLayer {
    let cell = cells[level * directionCount + direction]
    return RecurrentLayer<Cell>(inputSize: cell.inputSize) { _ in cell }
  }

  func run(_ input: Tensor, from state: [Tensor]?, lengths: [Int]?) -> (output: Tensor, state: [Tensor]) {
    let initial = state.map { Cell.State(stateTensors: $0) }
    let (output, final) = self(input, initialState: initial, lengths: lengths)
    return (output, final.stateTensors)
  }

  func initialState(batchSize: Int) -> [Tensor] {
    let states = cells.map { $0.initialState(batchSize: batchSize).stateTensors }
    return states[0].indices.map { index in Tensor.stacked(states.map { $0[index] }) }
  }

  func stream(_ input: Tensor, from state: [Tensor]) -> (output: Tensor, state: [Tensor]) {
    let batchSize = input.shape[1]
    var stream = makeStream(batchSize: batchSize)
    stream.state = Cell.State(stateTensors: state)
    var output: [Float] = []
    for step in input.unstacked() {
      let frame = ContiguousArray(step.scalars(as: Float.self))
      var row = ContiguousArray(repeating: Float.nan, count: batchSize * outputSize)
      frame.withUnsafeBufferPointer { frame in
        row.withUnsafeMutableBufferPointer { row in
          var span = row.mutableSpan
          stream.advance(frame.span, into: &span)
        }
      }
      output += row
    }
    let shape = [input.shape[0], batchSize, outputSize]
    return (Tensor(output, shape: shape), stream.state.stateTensors)
  }
}

/// A model with a layer in it, as gradients need one.
struct LayerModel: Module {
  var layer: any ContractLayer

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    layer.visitParameters(&visitor)
  }
}
