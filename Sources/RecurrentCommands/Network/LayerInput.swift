import Recurrent

/// What a layer is run on: arrays from a file, proven to fit the network.
struct LayerInput {
  /// `[T, N, I]`, `[N, T, I]` or `[T, I]`, of the weights' element type.
  let input: Tensor
  /// The hidden state and, for an LSTM, the cell state; nil for zeros.
  private(set) var state: [Tensor]?
  /// The number of real steps of each sequence; nil for all.
  private(set) var lengths: [Int]?
  /// What the user should know of the arrays.
  private(set) var warnings: [String] = []

  private let file: String
  private let network: RecurrentNetwork

  /// Reads the arrays.
  ///
  /// - Throws: `FileError` if the file cannot be read; ``CommandError`` if an array is missing or does not fit.
  init(_ file: String, for network: RecurrentNetwork, batchFirst: Bool) throws {
    let arrays = try Self.arrays(file)
    guard let array = arrays["input"] else {
      let names = arrays.names.map { "`\($0)`" }.joined(separator: ", ")
      throw CommandError(
        .input, "no array `input` in \(file)", found: names.isEmpty ? "no arrays" : names,
        expected: "`input`, and perhaps `h0`, `c0`, `lengths`",
        advice: "save it with numpy.savez(\"\(file)\", input=...)")
    }
    self.file = file
    self.network = network
    let layout = batchFirst ? "[N, T, \(network.inputSize)]" : "[T, N, \(network.inputSize)]"
    input = array.asType(network.dtype)
    try prove(
      array, "input", "\(layout) or [T, \(network.inputSize)], none of them 0: the network is \(network)",
      (2...3).contains(array.rank) && array.shape.last == network.inputSize && !array.shape.contains(0))
    let axis = batchFirst && array.rank == 3 ? 1 : 0
    let batchSize = array.rank == 3 ? array.shape[1 - axis] : nil
    try readState(arrays, batchSize: batchSize)
    try readLengths(arrays, batchSize: batchSize, steps: array.shape[axis])
    warn(about: arrays)
  }

  private static func arrays(_ file: String) throws -> NamedTensors {
    let content = try TensorFile(reading: file)
    var arrays = content.tensors
    if content.format == .npy {
      arrays["input"] = arrays["array"]
      arrays["array"] = nil
    }
    return arrays
  }

  private func prove(_ array: Tensor, _ name: String, _ expected: String, _ isRight: Bool) throws {
    guard !isRight else { return }
    throw CommandError(
      .input, "`\(name)` in \(file) does not fit the network", found: "\(array.dtype) \(array.shape)",
      expected: expected)
  }

  // MARK: - State and lengths

  private mutating func readState(_ arrays: NamedTensors, batchSize: Int?) throws {
    let names = network.kind == .lstm ? ["h0", "c0"] : ["h0"]
    let given = names.compactMap { arrays[$0] }
    guard !given.isEmpty else { return }
    guard given.count == names.count else {
      throw CommandError(
        .input, "half of an initial state in \(file)",
        found: arrays["h0"] == nil ? "`c0` alone" : "`h0` alone",
        expected: "`h0` and `c0`: an LSTM has both", advice: "add the other, or leave both out for zeros")
    }
    for (name, tensor) in zip(names, given) {
      let rows = [network.directionCount * network.layerCount] + (batchSize.map { [$0] } ?? [])
      let shape = rows + [name == "h0" ? network.outputSize : network.hiddenSize]
      try prove(tensor, name, "\(shape) for an input of \(input.shape) and \(network)", tensor.shape == shape)
    }
    state = given.map { $0.asType(network.dtype) }
  }

  private mutating func readLengths(_ arrays: NamedTensors, batchSize: Int?, steps: Int) throws {
    guard let array = arrays["lengths"] else { return }
    guard let batchSize else {
      return try prove(array, "lengths", "none: an input of \(input.shape) is one sequence", false)
    }
    try prove(
      array, "lengths", "int64 [\(batchSize)], one for each sequence of the input \(input.shape)",
      array.dtype == .int64 && array.shape == [batchSize])
    let numbers = array.scalars(as: Int64.self)
    if let wrong = numbers.first(where: { !(0...Int64(steps)).contains($0) }) {
      throw CommandError(
        .input, "`lengths` in \(file)", found: "\(wrong)",
        expected: "0 to \(steps), the steps of the input \(input.shape)")
    }
    lengths = numbers.map { Int($0) }
  }

  private mutating func warn(about arrays: NamedTensors) {
    let used = network.kind == .lstm ? ["input", "h0", "c0", "lengths"] : ["input", "h0", "lengths"]
    for (name, tensor) in arrays where !used.contains(name) {
      warnings.append("\(file): array `\(name)` \(tensor.shape) is not used")
    }
    if let array = arrays["input"], array.dtype == .float64 && network.dtype == .float32 {
      warnings.append(
        "\(file): the input is float64 and the weights are float32; the input is rounded to float32")
    }
  }
}
