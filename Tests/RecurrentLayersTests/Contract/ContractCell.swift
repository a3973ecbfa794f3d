import Recurrent
import RecurrentLayers

/// The cells that the contract suite runs over. A new cell is one more case.
enum ContractCell: String, CaseIterable, Sendable {
  case rnnTanh, rnnRelu, lstm, lstmProjected, gru, toy
  case rnnElu, rnnClipped
  case lstmPeepholes, lstmCoupled, lstmLearned, lstmEverything
  case gruResetBefore, gruClipped, gruEverything

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

  /// What a layer of PyTorch's would be.
  enum Kind { case rnn, lstm, gru, toy }

  var kind: Kind {
    if self == .toy { return .toy }
    return rawValue.hasPrefix("rnn") ? .rnn : rawValue.hasPrefix("lstm") ? .lstm : .gru
  }

  var variant: CellVariant {
    switch self {
    case .rnnTanh, .lstm, .lstmProjected, .lstmPeepholes, .lstmLearned, .gru, .toy: CellVariant()
    case .rnnRelu: CellVariant(activations: [.relu])
    case .rnnElu: CellVariant(activations: [.elu(alpha: 0.7)])
    case .rnnClipped: CellVariant(activations: [.scaledTanh(alpha: 1.3, beta: 0.8)], clip: 0.6)
    case .lstmCoupled: CellVariant(couplesInputAndForget: true)
    case .lstmEverything:
      CellVariant(
        activations: [.hardSigmoid(alpha: 0.2, beta: 0.5), .softsign, .leakyRelu(alpha: 0.1)], clip: 0.7,
        couplesInputAndForget: true)
    case .gruResetBefore: CellVariant(resetsBeforeProduct: true)
    case .gruClipped: CellVariant(activations: [.sigmoid, .softsign], clip: 0.4)
    case .gruEverything:
      CellVariant(
        activations: [.affine(alpha: 0.4, beta: 0.3), .softplus], clip: 0.8, resetsBeforeProduct: true)
    }
  }

  var hasPeepholes: Bool { self == .lstmPeepholes || self == .lstmEverything }
  /// Whether the state that a sequence starts from is a parameter, and not zero.
  var learnsItsState: Bool {
    [.toy, .rnnElu, .lstmLearned, .lstmEverything, .gruEverything].contains(self)
  }
  static var learning: [ContractCell] { allCases.filter(\.learnsItsState) }

  private func projection(_ size: Int) -> Int {
    self == .lstmProjected || self == .lstmEverything ? 2 * size / 3 : 0
  }

  func makeLayer(_ options: Options = Options()) -> any ContractLayer {
    let generator = Generator(seed: options.seed)
    var layer = makeLayer(options, generator)
    layer.updateParameters { name, tensor in
      guard name.hasPrefix("initial_") else { return }
      tensor = generator.uniform(tensor.shape, from: -0.9, to: 0.9, dtype: options.dtype)
    }
    return layer
  }

  private func makeLayer(_ options: Options, _ generator: Generator) -> any ContractLayer {
    let (size, dtype, learns) = (options.hiddenSize, options.dtype, learnsItsState)
    switch kind {
    case .rnn:
      return options.layer(generator) {
        RNNCell(
          inputSize: $0, hiddenSize: size, nonlinearity: variant.activations?[0] ?? .tanh, clip: variant.clip,
          trainableInitialState: learns, dtype: dtype, generator: generator)
      }
    case .lstm:
      return options.layer(generator) {
        LSTMCell(
          inputSize: $0, hiddenSize: size, projectionSize: projection(size), peepholes: hasPeepholes,
          couplesInputAndForget: variant.couplesInputAndForget, activations: variant.activations,
          clip: variant.clip, trainableInitialState: learns, dtype: dtype, generator: generator)
      }
    case .gru:
      return options.layer(generator) {
        GRUCell(
          inputSize: $0, hiddenSize: size,
          reset: variant.resetsBeforeProduct ? .beforeProduct : .afterProduct,
          activations: variant.activations, clip: variant.clip, trainableInitialState: learns, dtype: dtype,
          generator: generator)
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
  /// Feeds `[T, N, I]` to a stream step by step, from its own beginning if no state is given; then resets it and feeds
  /// it again if `again`.
  /// `block`: steps that the stream takes in one call.
  func stream(
    _ input: Tensor, from state: [Tensor]?, again: Bool, block: Int
  ) -> (output: Tensor, state: [Tensor])
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

  func stream(
    _ input: Tensor, from state: [Tensor]?, again: Bool, block: Int
  ) -> (output: Tensor, state: [Tensor]) {
    var stream = makeStream(batchSize: input.shape[1])
    if let state { stream.state = Cell.State(stateTensors: state) }
    let output = advance(&stream, input, block)
    if !again { return (output, stream.state.stateTensors) }
    stream.reset()
    return (advance(&stream, input, block), stream.state.stateTensors)
  }

  private func advance(_ stream: inout RecurrentStream<Cell>, _ input: Tensor, _ block: Int) -> Tensor {
    let (steps, batchSize) = (input.shape[0], stream.batchSize)
    var output: [Float] = []
    for start in stride(from: 0, to: steps, by: block) {
      let part = input[start..<min(start + block, steps)]
      let frames = ContiguousArray(part.scalars(as: Float.self))
      var rows = ContiguousArray(repeating: Float.nan, count: part.shape[0] * batchSize * outputSize)
      frames.withUnsafeBufferPointer { frames in
        rows.withUnsafeMutableBufferPointer { rows in
          var span = rows.mutableSpan
          stream.advance(frames.span, into: &span)
        }
      }
      output += rows
    }
    return Tensor(output, shape: [input.shape[0], batchSize, outputSize])
  }
}

/// A model with a layer in it, as gradients need one.
struct LayerModel: Module {
  var layer: any ContractLayer

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    layer.visitParameters(&visitor)
  }
}
