import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// The inputs of ONNX's RNN, GRU and LSTM operators, proven to fit each other.
///
/// Letters: T steps, N sequences, I inputs, H hidden size, G gates, D directions.
struct RecurrentArrays {
  /// `[T, N, I]`.
  let input: Tensor
  /// `[D, G·H, I]` and `[D, G·H, H]`, rows in ONNX's order of gates.
  let inputWeight, hiddenWeight: Tensor
  /// `[D, 2·G·H]`: those of the input, then those of the hidden state.
  let bias: Tensor?
  /// `[D, 3H]`.
  let peepholes: Tensor?
  /// `[D, N, H]` each: hidden state, and an LSTM's cell state.
  let states: [Tensor]
  let packing: PackedBatch

  let hiddenSize: Int

  init(_ call: GraphCall, _ settings: RecurrentSettings) throws {
    let given = try call.floating(0)
    try call.require(given.rank == 3, "an input of shape \(given.shape)", "three axes")
    let input = settings.isBatchFirst ? given.transposed(0, 1) : given
    let (steps, batchSize, inputSize) = (input.shape[0], input.shape[1], input.shape[2])
    let recurrence = try call.floating(2)
    let hiddenSize = settings.hiddenSize ?? recurrence.shape.last ?? 0
    try call.require(
      inputSize > 0 && hiddenSize > 0, "\(inputSize) inputs, hidden size \(hiddenSize)", "at least 1 each")
    let (count, rows) = (settings.reversals.count, settings.kind.gateCount)
    try call.require(
      hiddenSize <= recurrence.count, "hidden size \(hiddenSize)", "that of the weights \(recurrence.shape)")

    func proven(_ place: Int, _ name: String, _ shape: Shape) throws -> Tensor? {
      guard let tensor = call.optional(place) else { return nil }
      try call.require(
        tensor.shape == shape && tensor.dtype == input.dtype, "\(name) \(tensor.dtype) \(tensor.shape)",
        "\(input.dtype) \(shape)")
      return tensor
    }
    func weight(_ place: Int, _ name: String, _ width: Int) throws -> Tensor {
      guard let tensor = try proven(place, name, [count, rows * hiddenSize, width]) else {
        throw call.error(found: "no \(name)", expected: "an input \(place)")
      }
      return tensor
    }
    func state(_ place: Int, _ name: String) throws -> Tensor {
      let shape = settings.isBatchFirst ? [batchSize, count, hiddenSize] : [count, batchSize, hiddenSize]
      guard let tensor = try proven(place, name, shape) else {
        return Tensor(zeros: try call.proven([count, batchSize, hiddenSize]), dtype: input.dtype)
      }
      return settings.isBatchFirst ? tensor.transposed(0, 1) : tensor
    }
    self.input = input
    self.hiddenSize = hiddenSize
    inputWeight = try weight(1, "W", inputSize)
    hiddenWeight = try weight(2, "R", hiddenSize)
    bias = try proven(3, "B", [count, 2 * rows * hiddenSize])
    packing = try Self.packing(call, steps: steps, batchSize: batchSize)
    let isLSTM = settings.kind == .lstm
    states = try [state(5, "initial_h")] + (isLSTM ? [state(6, "initial_c")] : [])
    peepholes = isLSTM ? try proven(7, "P", [count, 3 * hiddenSize]) : nil
    _ = try call.proven([steps, count, batchSize, hiddenSize])
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

  /// One direction's weights in PyTorch's order of gates.
  func weights(_ direction: Int, _ kind: RecurrentNetwork.Kind) -> CellWeights {
    let rows = kind.gateCount * hiddenSize
    func gates(_ tensor: Tensor, _ order: [Int]) -> Tensor {
      Tensor.concatenated(order.map { tensor[$0 * hiddenSize..<($0 + 1) * hiddenSize] })
    }
    let order = kind.onnxGates
    return CellWeights(
      weightIH: gates(inputWeight[direction], order), weightHH: gates(hiddenWeight[direction], order),
      biasIH: bias.map { gates($0[direction][0..<rows], order) },
      biasHH: bias.map { gates($0[direction][rows..<2 * rows], order) },
      peephole: peepholes.map { gates($0[direction], [0, 2, 1]) })
  }
}

extension RecurrentNetwork.Kind {
  /// Where ONNX's weights have the gates that PyTorch's have in order: i, f, g, o of i, o, f, g; r, z, n of z, r, n.
  fileprivate var onnxGates: [Int] {
    switch self {
    case .rnn: [0]
    case .gru: [1, 0, 2]
    case .lstm: [0, 2, 3, 1]
    }
  }
}
