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
  public var inputSize: Int { layer.inputSize }
  /// The size of an output row.
  public var outputSize: Int { layer.outputSize }
  /// The element type of frames, that of the layer's parameters.
  public let dtype: DType

  private let layer: RecurrentLayer<Cell>
  private let packing: PackedBatch
  private var states: [Cell.State]

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
    packing = PackedBatch(stepCount: 1, batchSize: batchSize)
    states = layer.cells.map { $0.initialState(batchSize: batchSize) }
    dtype = states[0].stateTensors[0].dtype
  }

  /// The state after the last step, shaped as the layer's: `[L, N, ·]`.
  ///
  /// - Precondition: a new state has the shapes and element type of the old one.
  public var state: Cell.State {
    get { Cell.State.merging(states) { Tensor.stacked($0, axis: 0) } }
    set {
      layer.checkState(newValue, against: states[0], .timeMajor)
      states = states.indices.map { level in newValue.map { $0[level].detached() } }
    }
  }

  /// Goes back to the layer's initial state.
  public mutating func reset() {
    states = layer.cells.map { $0.initialState(batchSize: batchSize) }
  }

  /// One time step: reads a frame `[N, I]`, writes the last level's output `[N, outputSize]`.
  ///
  /// - Precondition: the spans have exactly these numbers of elements; the layer is float32.
  /// - Complexity: O(L · N · H · (I + H)).
  public mutating func advance(_ frame: Span<Float>, into output: inout MutableSpan<Float>) {
    step(frame, into: &output)
  }

  /// One time step of a float64 layer: reads a frame `[N, I]`, writes the last level's output `[N, outputSize]`.
  ///
  /// - Precondition: the spans have exactly these numbers of elements; the layer is float64.
  /// - Complexity: O(L · N · H · (I + H)).
  public mutating func advance(_ frame: Span<Double>, into output: inout MutableSpan<Double>) {
    step(frame, into: &output)
  }

  private mutating func step<Scalar: TensorScalar>(
    _ frame: Span<Scalar>, into output: inout MutableSpan<Scalar>
  ) {
    checkFrame(Scalar.dtype, frame.count, output.count)
    var input = Tensor(zeros: [batchSize, inputSize], dtype: dtype)
    input.uniqueStorage().copyBytes(from: frame.bytes)
    let (rows, next) = layer.run(input, packing, from: states)
    states = next
    rows.storage.read(Scalar.self, count: rows.count) { result in
      for index in result.indices { output[index] = result[index] }
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
