import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// The inputs of ONNX's RNN, GRU and LSTM operators, proven to fit each other.
///
/// Letters: T steps, N sequences, I inputs, H hidden size, G gates, D directions.
struct RecurrentArrays {
  /// `[T, N, I]`.
  let input: Tensor
  let weights: OnnxLevelWeights
  /// `[D, N, H]` each: hidden state, and an LSTM's cell state.
  let states: [Tensor]
  let packing: PackedBatch

  /// - Throws: ``GraphError`` if an input is missing, or its type or shape is not what the others ask for.
  init(_ call: GraphCall, _ settings: RecurrentSettings) throws {
    let given = try call.floating(0)
    try call.require(given.rank == 3, "an input of shape \(given.shape)", "three axes")
    input = settings.isBatchFirst ? given.transposed(0, 1) : given
    weights = try OnnxLevelWeights(call, settings, input)
    packing = try Self.packing(call, steps: input.shape[0], batchSize: input.shape[1])
    states = try Self.states(
      call, settings, [weights.directionCount, input.shape[1], weights.hiddenSize], like: input)
    _ = try call.proven([input.shape[0], weights.directionCount, input.shape[1], weights.hiddenSize])
  }

  private static func states(
    _ call: GraphCall, _ settings: RecurrentSettings, _ shape: Shape, like input: Tensor
  ) throws -> [Tensor] {
    let given = settings.isBatchFirst ? [shape[1], shape[0], shape[2]] : shape
    let places = [(5, "initial_h"), (6, "initial_c")].prefix(settings.kind == .lstm ? 2 : 1)
    return try places.map { place, name in
      guard let state = try call.optional(place, name, given, like: input) else {
        return Tensor(zeros: try call.proven(shape), dtype: input.dtype)
      }
      return settings.isBatchFirst ? state.transposed(0, 1) : state
    }
  }

  private static func packing(_ call: GraphCall, steps: Int, batchSize: Int) throws -> PackedBatch {
    guard let array = call.optional(4) else { return PackedBatch(stepCount: steps, batchSize: batchSize) }
    try call.require(
      array.dtype == .int64 && array.shape == [batchSize], "sequence_lens \(array.dtype) \(array.shape)",
      "[\(batchSize)] integers")
    let lengths = array.scalars(as: Int64.self).map { Int(clamping: $0) }
    let wrong = lengths.first { !(0...steps).contains($0) }
    try call.require(wrong == nil, "a sequence of \(wrong ?? 0) steps", "0 to \(steps)")
    return PackedBatch(lengths: lengths, stepLimit: steps)
  }
}

extension OnnxLevelWeights {
  /// The weights among an operator's inputs.
  fileprivate init(_ call: GraphCall, _ settings: RecurrentSettings, _ x: Tensor) throws {
    let recurrence = try call.floating(2)
    let (inputSize, size) = (x.shape[2], settings.hiddenSize ?? recurrence.shape.last ?? 0)
    try call.require(inputSize > 0 && size > 0, "\(inputSize) inputs, hidden size \(size)", "at least 1 each")
    try call.require(
      size <= recurrence.count, "hidden size \(size)", "that of the weights \(recurrence.shape)")
    let (count, rows) = (settings.reversals.count, settings.kind.gateCount * size)
    func required(_ place: Int, _ name: String, _ width: Int) throws -> Tensor {
      guard let tensor = try call.optional(place, name, [count, rows, width], like: x) else {
        throw call.error(found: "no \(name)", expected: "an input \(place)")
      }
      return tensor
    }
    input = try required(1, "W", inputSize)
    hidden = try required(2, "R", size)
    bias = try call.optional(3, "B", [count, 2 * rows], like: x)
    peepholes = settings.kind == .lstm ? try call.optional(7, "P", [count, 3 * size], like: x) : nil
  }
}

extension GraphCall {
  /// An input that may be left out, of a shape that others ask for and the type of `input`.
  fileprivate func optional(_ place: Int, _ name: String, _ shape: Shape, like input: Tensor) throws
    -> Tensor?
  {
    guard let tensor = optional(place) else { return nil }
    try require(
      tensor.shape == shape && tensor.dtype == input.dtype, "\(name) \(tensor.dtype) \(tensor.shape)",
      "\(input.dtype) \(shape)")
    return tensor
  }
}
