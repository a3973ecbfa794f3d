public import RecurrentKernels
import RecurrentTensors

/// A recurrent layer that is fed one time step after the other and keeps its own state between them.
///
/// ```swift
/// var stream = lstm.makeStream(batchSize: 1)
/// stream.advance(frame, into: &out)              // Span<Float> in, MutableSpan<Float> out
/// ```
///
/// Gives the bits that the layer gives for the whole sequence. Dropout never acts. A copy of a stream goes on by itself
/// from the same state.
public struct RecurrentStream<Cell: RecurrentCell>: Sendable {
  /// `N`, the number of sequences that advance together.
  public let batchSize: Int
  /// `I`, the size of an input row.
  public let inputSize: Int
  /// The size of an output row.
  public let outputSize: Int
  /// The element type of frames, that of the layer's parameters.
  public let dtype: DType

  private let layer: RecurrentLayer<Cell>
  private var engine: Engine

  /// Fused cells advance in place; any other cell takes its steps as tensor operations.
  private enum Engine: Sendable {
    case fused(FusedStream)
    case composed([Cell.State])
  }

  init(_ layer: RecurrentLayer<Cell>, batchSize: Int) {
    precondition(batchSize > 0, "\(layer.name).makeStream: batchSize is \(batchSize), expected at least 1")
    precondition(
      !layer.isBidirectional,
      "\(layer.name).makeStream: the layer is bidirectional, expected forward only (the reverse direction starts at the end)"
    )
    var layer = layer
    layer.updateParameters { _, parameter in parameter = parameter.detached() }
    layer.setTraining(false)
    self.layer = layer
    self.batchSize = batchSize
    inputSize = layer.inputSize
    outputSize = layer.outputSize
    let states = layer.cells.map { $0.initialState(batchSize: batchSize) }
    dtype = states[0].stateTensors[0].dtype
    let fused = layer.cells.compactMap { $0 as? any FusedRecurrentCell }
    engine =
      fused.isEmpty
      ? .composed(states)
      : .fused(
        FusedStream(fused.map { PackedCell($0.cellParameters, shape: $0.cellShape) }, batchSize: batchSize))
  }

  /// The state after the last step, shaped as the layer's: `[L, N, ·]`.
  ///
  /// - Precondition: a new state has the shapes and element type of the old one.
  public var state: Cell.State {
    get { Cell.State.merging(states) { Tensor.stacked($0, axis: 0) } }
    set {
      layer.checkState(newValue, against: layer.cells[0].initialState(batchSize: batchSize), .timeMajor)
      states = layer.cells.indices.map { level in newValue.map { $0[level].detached() } }
    }
  }

  /// Goes back to the layer's initial state.
  public mutating func reset() {
    states = layer.cells.map { $0.initialState(batchSize: batchSize) }
  }

  /// The state of each level.
  private var states: [Cell.State] {
    get {
      switch engine {
      case .composed(let states): states
      case .fused(let stream): layer.cells.indices.map { fusedState(stream, level: $0) }
      }
    }
    set {
      guard case .fused(let stream) = engine else {
        engine = .composed(newValue)
        return
      }
      let own = stream.copy()
      for (level, state) in newValue.enumerated() {
        let tensors = state.stateTensors.map(\.storage)
        own.setState(of: level, hidden: tensors[0], cell: tensors.count > 1 ? tensors[1] : nil)
      }
      engine = .fused(own)
    }
  }

  private func fusedState(_ stream: FusedStream, level: Int) -> Cell.State {
    let zeros = layer.cells[level].initialState(batchSize: batchSize).stateTensors
    let (hidden, cell) = stream.state(of: level)
    return Cell.State(
      stateTensors: zip([hidden, cell].compactMap(\.self), zeros).map {
        Tensor(adopting: $0, shape: $1.shape, dtype: dtype)
      })
  }

  /// One time step: reads a frame `[N, I]`, writes the last level's output `[N, outputSize]`.
  ///
  /// - Precondition: the spans have exactly these numbers of elements; the layer is float32.
  /// - Complexity: O(L · N · H · (I + H)).
  public mutating func advance(_ frame: Span<Float>, into output: inout MutableSpan<Float>) {
    checkFrame(.float32, frame.count, output.count)
    var bytes = output.mutableBytes
    step(frame.bytes, into: &bytes)
  }

  /// One time step of a float64 layer: reads a frame `[N, I]`, writes the last level's output `[N, outputSize]`.
  ///
  /// - Precondition: the spans have exactly these numbers of elements; the layer is float64.
  /// - Complexity: O(L · N · H · (I + H)).
  public mutating func advance(_ frame: Span<Double>, into output: inout MutableSpan<Double>) {
    checkFrame(.float64, frame.count, output.count)
    var bytes = output.mutableBytes
    step(frame.bytes, into: &bytes)
  }

  private mutating func step(_ frame: RawSpan, into output: inout MutableRawSpan) {
    switch engine {
    case .fused(var stream):
      engine = .composed([])  // so that a stream that nobody shares is not copied
      if !isKnownUniquelyReferenced(&stream) { stream = stream.copy() }
      stream.advance(frame, into: &output)
      engine = .fused(stream)
    case .composed(let states): composedStep(frame, into: &output, from: states)
    }
  }

  private mutating func composedStep(
    _ frame: RawSpan, into output: inout MutableRawSpan, from states: [Cell.State]
  ) {
    var input = Tensor(zeros: [batchSize, inputSize], dtype: dtype)
    input.uniqueStorage().copyBytes(from: frame)
    let packing = PackedBatch(stepCount: 1, batchSize: batchSize)
    let (rows, next) = layer.run(input, packing, from: states)
    engine = .composed(next)
    rows.storage.read(UInt8.self, count: output.byteCount) { result in
      for index in result.indices {
        output.storeBytes(of: result[index], toByteOffset: index, as: UInt8.self)
      }
    }
  }

  private func checkFrame(_ type: DType, _ inputCount: Int, _ outputCount: Int) {
    precondition(
      type == dtype, "\(layer.name) stream: frame is \(type), expected \(dtype) (the parameters' type)")
    precondition(
      inputCount == batchSize * inputSize,
      "\(layer.name) stream: frame has \(inputCount) elements, expected \(batchSize * inputSize) (N·I)")
    precondition(
      outputCount == batchSize * outputSize,
      "\(layer.name) stream: output has \(outputCount) elements, expected \(batchSize * outputSize) (N·outputSize)"
    )
  }
}

extension RecurrentLayer {
  /// A stream of `batchSize` sequences through this layer as it is now.
  ///
  /// - Precondition: the layer reads forward only; `batchSize` is positive.
  public func makeStream(batchSize: Int = 1) -> RecurrentStream<Cell> {
    RecurrentStream(self, batchSize: batchSize)
  }
}

extension RNN {
  /// A stream of `batchSize` sequences through this layer as it is now.
  ///
  /// - Precondition: the layer reads forward only; `batchSize` is positive.
  public func makeStream(batchSize: Int = 1) -> RecurrentStream<RNNCell> {
    layer.makeStream(batchSize: batchSize)
  }
}

extension LSTM {
  /// A stream of `batchSize` sequences through this layer as it is now.
  ///
  /// - Precondition: the layer reads forward only; `batchSize` is positive.
  public func makeStream(batchSize: Int = 1) -> RecurrentStream<LSTMCell> {
    layer.makeStream(batchSize: batchSize)
  }
}

extension GRU {
  /// A stream of `batchSize` sequences through this layer as it is now.
  ///
  /// - Precondition: the layer reads forward only; `batchSize` is positive.
  public func makeStream(batchSize: Int = 1) -> RecurrentStream<GRUCell> {
    layer.makeStream(batchSize: batchSize)
  }
}
