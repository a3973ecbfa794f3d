public import RecurrentKernels
import RecurrentTensors

/// A recurrent layer that is fed one time step after the other and keeps its own state between them.
///
/// ```swift
/// var stream = lstm.makeStream(batchSize: 1)
/// stream.advance(frame, into: &out)              // Span<Float> in, MutableSpan<Float> out
/// stream.advance(block, into: &outputs)          // many steps in one call, as audio comes
/// ```
///
/// Gives the bits that the layer gives for the whole sequence, however it is cut into steps and blocks. Dropout never acts.
///
/// After it is made, a stream of an ``RNN``, ``LSTM`` or ``GRU`` allocates nothing, locks nothing and calls no system
/// function in ``advance(_:into:)-(Span<Float>,_)``, ``reset()``, ``save(into:)`` and ``restore(_:)``: it may run where a
/// deadline must be met.
///
/// A copy goes on by itself from the same state, and so does ``makeStream(batchSize:)``, from the beginning. Both share the
/// packed weights, which are never written: a session with one set of weights and a stream for each of many threads is
/// one stream made from the layer and the others from it. (A copy gets a state of its own at its first step, which
/// allocates; `makeStream` allocates at once.)
public struct RecurrentStream<Cell: RecurrentCell>: Sendable {
  /// `N`, the number of sequences that advance together.
  public let batchSize: Int
  /// `I`, the size of an input row.
  public let inputSize: Int
  /// The size of an output row.
  public let outputSize: Int
  /// The element type of frames, that of the layer's parameters.
  public let dtype: DType

  private var engine: StreamEngine
  private var composed: [Cell.State]
  /// The state that fused steps begin with, if it is not zero.
  private var initial: AlignedMemory?
  private let layer: RecurrentLayer<Cell>

  init(_ layer: RecurrentLayer<Cell>, batchSize: Int, weights: StreamWeights) {
    precondition(
      !layer.isBidirectional,
      "\(layer.name).makeStream: the layer is bidirectional, expected forward only (the reverse direction starts at the end)"
    )
    var layer = layer
    layer.updateParameters { _, parameter in parameter = parameter.detached() }
    layer.setTraining(false)
    let cells = layer.cells.compactMap(\.fused)
    precondition(
      weights == .asTrained || cells.first?.cellShape.dtype == .float32,
      "\(layer.name).makeStream: weights are \(weights), expected asTrained (16 bits are for float32 RNN, LSTM and GRU)"
    )
    let levels =
      cells.isEmpty
      ? nil : StreamLevels(cells.map { ($0.cellParameters, $0.cellShape) }, weights: weights)
    self.init(layer, levels, batchSize: batchSize)
  }

  private init(_ layer: RecurrentLayer<Cell>, _ levels: StreamLevels?, batchSize: Int) {
    precondition(batchSize > 0, "\(layer.name).makeStream: batchSize is \(batchSize), expected at least 1")
    self.layer = layer
    self.batchSize = batchSize
    inputSize = layer.inputSize
    outputSize = layer.outputSize
    let states = layer.cells.map { $0.initialState(batchSize: batchSize) }
    dtype = states[0].stateTensors[0].dtype
    engine = StreamEngine(
      fused: levels.map { FusedStream($0, batchSize: batchSize) }, dtype: dtype,
      frameCount: batchSize * inputSize, outputCount: batchSize * outputSize)
    composed = levels == nil ? states : []
    guard levels != nil, layer.trainableState(batchSize: 1) != nil else { return }
    setStates(states)
    initial = engine.fused.map { AlignedMemory(byteCount: $0.stateByteCount) }
    engine.fused!.save(into: initial!)
  }

  /// A stream of its own, in the layer's initial state, that shares this one's weights.
  ///
  /// - Precondition: `batchSize` is positive.
  /// - Complexity: O(L · N · H): no weight is copied or packed.
  public func makeStream(batchSize: Int = 1) -> RecurrentStream {
    RecurrentStream(layer, engine.fused?.weights, batchSize: batchSize)
  }

  // MARK: - Steps

  /// Time steps, one after the other: reads frames `[T, N, I]`, writes the last level's outputs `[T, N, outputSize]`.
  ///
  /// `T` is what the spans hold: one frame, or a block of any number of them in one call.
  ///
  /// - Precondition: the spans have exactly T·N·I and T·N·outputSize elements; the layer is float32.
  /// - Complexity: O(T · L · N · H · (I + H)).
  public mutating func advance(_ frames: Span<Float>, into outputs: inout MutableSpan<Float>) {
    if engine.advance(.float32, frames.count, frames.bytes, outputs.count, outputs.mutableBytes) { return }
    composedSteps(.float32, frames.count, frames.bytes, outputs.count, outputs.mutableBytes)
  }

  /// Time steps of a float64 layer: reads frames `[T, N, I]`, writes the last level's outputs `[T, N, outputSize]`.
  ///
  /// - Precondition: the spans have exactly T·N·I and T·N·outputSize elements; the layer is float64.
  /// - Complexity: O(T · L · N · H · (I + H)).
  public mutating func advance(_ frames: Span<Double>, into outputs: inout MutableSpan<Double>) {
    if engine.advance(.float64, frames.count, frames.bytes, outputs.count, outputs.mutableBytes) { return }
    composedSteps(.float64, frames.count, frames.bytes, outputs.count, outputs.mutableBytes)
  }

  /// What the engine does not do: steps of cells without kernels, and saying what is wrong with the spans.
  private mutating func composedSteps(
    _ type: DType, _ inputCount: Int, _ frames: RawSpan, _ outputCount: Int,
    _ outputs: consuming MutableRawSpan
  ) {
    let steps = checkedStepCount(type, inputCount, outputCount)
    guard steps > 0 else { return }
    let packing = PackedBatch(stepCount: steps, batchSize: batchSize)
    var input = Tensor(zeros: [packing.rowCount, inputSize], dtype: dtype)
    input.uniqueStorage().copyBytes(from: frames)
    let (rows, next) = layer.run(input, packing, from: composed)
    composed = next
    rows.storage.read(UInt8.self, count: outputs.byteCount) { result in
      for index in result.indices {
        outputs.storeBytes(of: result[index], toByteOffset: index, as: UInt8.self)
      }
    }
  }

  private func checkedStepCount(_ type: DType, _ inputCount: Int, _ outputCount: Int) -> Int {
    precondition(
      type == dtype, "\(layer.name) stream: frame is \(type), expected \(dtype) (the parameters' type)")
    precondition(
      inputCount % engine.frameCount == 0,
      "\(layer.name) stream: frames have \(inputCount) elements, expected a multiple of \(engine.frameCount) (N·I)"
    )
    let steps = inputCount / engine.frameCount
    precondition(
      outputCount == steps * engine.outputCount,
      "\(layer.name) stream: output has \(outputCount) elements, expected \(steps * engine.outputCount) (T·N·outputSize, T = \(steps))"
    )
    return steps
  }
}

// MARK: - State

extension RecurrentStream {
  /// The state after the last step, shaped as the layer's: `[L, N, ·]`.
  ///
  /// - Precondition: a new state has the shapes and element type of the old one.
  public var state: Cell.State {
    get { Cell.State.merging(states) { Tensor.stacked($0, axis: 0) } }
    set {
      layer.checkState(newValue, against: layer.cells[0].initialState(batchSize: batchSize), .timeMajor)
      setStates(layer.cells.indices.map { level in newValue.map { $0[level].detached() } })
    }
  }

  /// Goes back to the layer's initial state.
  public mutating func reset() {
    if engine.fused == nil {
      composed = layer.cells.map { $0.initialState(batchSize: batchSize) }
    } else {
      if !isOwn { engine.fused = FusedStream(engine.fused!.weights, batchSize: batchSize) }
      if let initial { engine.fused!.restore(initial) } else { engine.fused!.reset() }
    }
  }

  /// A copy of a stream's state that can be gone back to, at the price of copying 4 · L · N · (H to 2H) bytes.
  public struct Snapshot: Sendable {
    fileprivate var memory: AlignedMemory?
    fileprivate var composed: [Cell.State]
  }

  /// A snapshot of the state as it is now.
  public func makeSnapshot() -> Snapshot {
    var snapshot = Snapshot(
      memory: engine.fused.map { AlignedMemory(byteCount: $0.stateByteCount) }, composed: composed)
    save(into: &snapshot)
    return snapshot
  }

  /// Replaces a snapshot by one of the state as it is now. Allocates only if there is a copy of the snapshot.
  ///
  /// - Precondition: the snapshot was made by this stream, or by one of the same layer and batch size.
  public func save(into snapshot: inout Snapshot) {
    check(snapshot)
    snapshot.composed = composed
    guard let fused = engine.fused else { return }
    if !isKnownUniquelyReferenced(&snapshot.memory) {
      snapshot.memory = AlignedMemory(byteCount: fused.stateByteCount)
    }
    fused.save(into: snapshot.memory!)
  }

  /// Goes back to the state that the snapshot was made of: the steps after it are undone.
  ///
  /// - Precondition: the snapshot was made by this stream, or by one of the same layer and batch size.
  public mutating func restore(_ snapshot: Snapshot) {
    check(snapshot)
    composed = snapshot.composed
    guard let memory = snapshot.memory else { return }
    if !isOwn { engine.fused = engine.fused!.copy() }
    engine.fused!.restore(memory)
  }

  private func check(_ snapshot: Snapshot) {
    precondition(
      snapshot.memory?.byteCount == engine.fused?.stateByteCount && snapshot.composed.count == composed.count,
      "\(layer.name) stream: the snapshot is that of another layer or batch size")
  }

  /// Whether no copy of this stream shares its state.
  private var isOwn: Bool {
    mutating get { isKnownUniquelyReferenced(&engine.fused) }
  }

  /// The state of each level.
  private var states: [Cell.State] {
    guard let fused = engine.fused else { return composed }
    return layer.cells.indices.map { level in
      let zeros = layer.cells[level].initialState(batchSize: batchSize).stateTensors
      let (hidden, cell) = fused.state(of: level)
      return Cell.State(
        stateTensors: zip([hidden, cell].compactMap(\.self), zeros).map {
          Tensor(adopting: $0, shape: $1.shape, dtype: dtype)
        })
    }
  }

  private mutating func setStates(_ states: [Cell.State]) {
    guard engine.fused != nil else {
      composed = states
      return
    }
    if !isOwn { engine.fused = engine.fused!.copy() }
    for (level, state) in states.enumerated() {
      let tensors = state.stateTensors.map(\.storage)
      engine.fused!.setState(of: level, hidden: tensors[0], cell: tensors.count > 1 ? tensors[1] : nil)
    }
  }
}
