import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// One of MLX's recurrent layers, and its weights in PyTorch's layout.
struct MLXLayer {
  /// What stands before the names: empty, or ends in a dot.
  let prefix: String
  let kind: RecurrentNetwork.Kind
  let cell: CellWeights
  /// The file's names of its tensors.
  let names: [String]
  /// `layers.` and 3, of `layers.3.`.
  private let listPlace: (base: String, number: Int)?

  /// What stands before the number that the prefix ends in; the prefix if there is none.
  var base: String { listPlace?.base ?? prefix }
}

// MARK: - Reading

extension MLXLayer {
  /// The layers in a file, in its order.
  static func all(in tensors: NamedTensors) throws -> [MLXLayer] {
    var layers: [MLXLayer] = []
    for (name, _) in tensors {
      for (ending, other) in [("Wx", "Wh"), ("Wxh", "Whh")]
      where name == ending || name.hasSuffix("." + ending) {
        let prefix = String(name.dropLast(ending.count))
        guard tensors[prefix + other] != nil else { continue }
        layers.append(try MLXLayer(MLXArrays(file: tensors, prefix: prefix, input: ending, hidden: other)))
      }
    }
    return layers
  }

  private init(_ arrays: MLXArrays) throws {
    prefix = arrays.prefix
    listPlace = Self.listPlace(of: prefix)
    kind = try arrays.kind()
    let hidden = try arrays.matrix(arrays.hidden)
    let (rows, size) = (hidden.shape[0], hidden.shape[1])
    let input = try arrays.matrix(arrays.input, rows: rows)
    guard kind == .gru else {
      let bias = try arrays.vector("bias", count: rows)
      cell = CellWeights(weightIH: input, weightHH: hidden, bias: bias)
      names = arrays.names(bias == nil ? [] : ["bias"])
      return
    }
    guard let bias = try arrays.vector("b", count: rows) else {
      cell = CellWeights(weightIH: input, weightHH: hidden, bias: nil)
      names = arrays.names([])
      return
    }
    guard let last = try arrays.vector("bhn", count: size) else {
      throw FileError(
        .missingTensor, at: arrays.place("bhn"), found: "b alone", expected: "b and bhn")
    }
    let others = Tensor(zeros: [2 * size], dtype: bias.dtype)
    cell = CellWeights(
      weightIH: input, weightHH: hidden, biasIH: bias, biasHH: Tensor.concatenated([others, last]))
    names = arrays.names(["b", "bhn"])
  }
}

/// The arrays of one layer in a file, proven one by one.
private struct MLXArrays {
  let file: NamedTensors
  let prefix: String
  /// What the two matrices are called: an RNN's have names of their own.
  let input, hidden: String

  func names(_ biases: [String]) -> [String] { ([input, hidden] + biases).map { prefix + $0 } }

  /// Told by the rows for each hidden unit.
  func kind() throws -> RecurrentNetwork.Kind {
    let (isRNN, shape) = (hidden == "Whh", try matrix(hidden).shape)
    let kinds: [RecurrentNetwork.Kind] = isRNN ? [.rnn] : [.lstm, .gru]
    if let kind = kinds.first(where: { shape[0] == $0.gateCount * shape[1] }) { return kind }
    throw misshapen(hidden, isRNN ? "[H, H]" : "[4*H, H] of an LSTM or [3*H, H] of a GRU")
  }

  func matrix(_ name: String, rows: Int? = nil) throws -> Tensor {
    let tensor = file[prefix + name]!
    guard tensor.rank == 2, tensor.count > 0, tensor.shape[0] == rows ?? tensor.shape[0], isOfOneType(tensor)
    else { throw misshapen(name, rows.map { "[\($0), I]" } ?? "[G*H, H]") }
    return tensor
  }

  func vector(_ name: String, count: Int) throws -> Tensor? {
    guard let tensor = file[prefix + name] else { return nil }
    guard tensor.shape == [count], isOfOneType(tensor) else { throw misshapen(name, "[\(count)]") }
    return tensor
  }

  private func isOfOneType(_ tensor: Tensor) -> Bool {
    tensor.dtype.isFloatingPoint && tensor.dtype == file[prefix + hidden]!.dtype
  }

  private func misshapen(_ name: String, _ expected: String) -> FileError {
    let tensor = file[prefix + name]!
    return FileError(
      .misshapenTensor, at: place(name), found: "\(tensor.shape) of \(tensor.dtype)",
      expected: "\(expected) of floats of one type")
  }

  func place(_ name: String) -> FileError.Place { .init(file: file.source, tensor: prefix + name) }
}

// MARK: - Lists

extension MLXLayer {
  private static func listPlace(of prefix: String) -> (base: String, number: Int)? {
    let parts = prefix.dropLast().split(separator: ".", omittingEmptySubsequences: false)
    guard prefix.hasSuffix("."), let last = parts.last, let number = Int(last), "\(number)" == last,
      number >= 0
    else { return nil }
    return (String(prefix.dropLast(last.count + 1)), number)
  }

  /// The layers, those that make one network together; an npz of MLX's has an order of its own, so each list is sorted.
  static func stacks(of layers: [MLXLayer]) -> [[MLXLayer]] {
    var (bases, lists): ([String], [String: [MLXLayer]]) = ([], [:])
    for layer in layers {
      if lists[layer.base] == nil { bases.append(layer.base) }
      lists[layer.base, default: []].append(layer)
    }
    return bases.flatMap { base in
      let list = lists[base]!.sorted { ($0.listPlace?.number ?? 0) < ($1.listPlace?.number ?? 0) }
      return list.reduce(into: [[MLXLayer]]()) { stacks, layer in
        if let last = stacks.last?.last, layer.follows(last) {
          stacks[stacks.count - 1].append(layer)
        } else {
          stacks.append([layer])
        }
      }
    }
  }

  private func follows(_ other: MLXLayer) -> Bool {
    guard let place = listPlace, let before = other.listPlace else { return false }
    return place.number == before.number + 1 && kind == other.kind && cell.isLike(other.cell)
      && cell.inputSize == other.cell.hiddenSize
  }
}

// MARK: - Writing

extension MLXLayer {
  /// The tensors of the layer that computes what a cell does, under MLX's names.
  static func tensors(of cell: CellWeights, _ kind: RecurrentNetwork.Kind) -> NamedTensors {
    let (input, hidden) = kind == .rnn ? ("Wxh", "Whh") : ("Wx", "Wh")
    var tensors: NamedTensors = [input: cell.weightIH, hidden: cell.weightHH]
    guard kind == .gru, let biasIH = cell.biasIH, let biasHH = cell.biasHH else {
      tensors["bias"] = cell.summedBias
      return tensors
    }
    let (gates, last) = (0..<2 * cell.hiddenSize, 2 * cell.hiddenSize..<3 * cell.hiddenSize)
    tensors["b"] = Tensor.concatenated([biasIH[gates] + biasHH[gates], biasIH[last]])
    tensors["bhn"] = biasHH[last]
    return tensors
  }

  /// Whether two biases become one that cannot be taken apart again.
  static func sumsBiases(of cell: CellWeights, _ kind: RecurrentNetwork.Kind) -> Bool {
    let summed = kind == .gru ? cell.biasHH?[0..<2 * cell.hiddenSize] : cell.biasHH
    return summed?.isZero == false
  }
}
