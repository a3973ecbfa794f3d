import RecurrentKernels
import RecurrentTensors

/// One of MLX's recurrent layers, and its weights in PyTorch's layout.
struct MLXLayer {
  /// What stands before the names: empty, or ends in a dot.
  let prefix: String
  let kind: RecurrentNetwork.Kind
  let level: NetworkLevel
  /// The layer's tensors under MLX's names, without the prefix.
  let tensors: NamedTensors
  /// Whether two biases became one that cannot be taken apart again.
  let sumsBiases: Bool
}

// MARK: - Reading

extension MLXLayer {
  /// The layers in a file, in its order; an npz of MLX's has an order of its own, so layers of a list are sorted.
  static func all(in tensors: NamedTensors) throws -> [MLXLayer] {
    var layers: [MLXLayer] = []
    for name in tensors.names {
      for ending in ["Wx", "Wxh"] where name == ending || name.hasSuffix("." + ending) {
        let prefix = String(name.dropLast(ending.count))
        let other = ending == "Wx" ? "Wh" : "Whh"
        guard tensors[prefix + other] != nil else { continue }
        layers.append(try MLXLayer(prefix, isRNN: ending == "Wxh", tensors))
      }
    }
    return layers
  }

  private init(_ prefix: String, isRNN: Bool, _ file: NamedTensors) throws {
    let (first, second) = isRNN ? ("Wxh", "Whh") : ("Wx", "Wh")
    func tensor(_ name: String, _ expected: Shape?) throws -> Tensor? {
      guard let tensor = file[prefix + name] else { return nil }
      if tensor.dtype == file[prefix + second]?.dtype && tensor.dtype.isFloatingPoint
        && expected.map({ $0 == tensor.shape }) ?? (tensor.rank == 2)
      {
        return tensor
      }
      throw FileError(
        .misshapenTensor, at: .init(file: file.source, tensor: prefix + name),
        found: "\(tensor.shape) of \(tensor.dtype)",
        expected: expected.map { "\($0) of floats" } ?? "[G*H, H]")
    }
    let hidden = try tensor(second, nil)!
    let size = hidden.shape[1]
    let kinds: [RecurrentNetwork.Kind] = isRNN ? [.rnn] : [.lstm, .gru]
    guard size > 0, let kind = kinds.first(where: { hidden.shape[0] == $0.gateCount * size }) else {
      throw FileError(
        .misshapenTensor, at: .init(file: file.source, tensor: prefix + second), found: "\(hidden.shape)",
        expected: isRNN ? "[H, H]" : "[4*H, H] of an LSTM or [3*H, H] of a GRU")
    }
    let rows = kind.gateCount * size
    let input = try tensor(first, nil)!
    guard input.shape[0] == rows, input.shape[1] > 0 else {
      throw FileError(
        .misshapenTensor, at: .init(file: file.source, tensor: prefix + first), found: "\(input.shape)",
        expected: "[\(rows), I]")
    }
    var tensors: NamedTensors = [first: input, second: hidden]
    var level = NetworkLevel(inputWeight: input, hiddenWeight: hidden)
    if kind == .gru, let bias = try tensor("b", [rows]) {
      guard let last = try tensor("bhn", [size]) else {
        throw FileError(
          .missingTensor, at: .init(file: file.source, tensor: prefix + "bhn"), found: "b alone",
          expected: "b and bhn")
      }
      level.inputBias = bias
      level.hiddenBias = Tensor.concatenated([Tensor(zeros: [2 * size], dtype: bias.dtype), last])
      (tensors["b"], tensors["bhn"]) = (bias, last)
    } else if kind != .gru, let bias = try tensor("bias", [rows]) {
      level = NetworkLevel(inputWeight: input, hiddenWeight: hidden, bias: bias)
      tensors["bias"] = bias
    }
    (self.prefix, self.kind, self.level, self.tensors, sumsBiases) = (prefix, kind, level, tensors, false)
  }
}

// MARK: - Lists

extension MLXLayer {
  /// What stands before the number that the prefix ends in; the prefix if there is none.
  var base: String { listPlace?.base ?? prefix }

  /// `layers.` and 3, of `layers.3.`.
  private var listPlace: (base: String, number: Int)? {
    let parts = prefix.dropLast().split(separator: ".", omittingEmptySubsequences: false)
    guard prefix.hasSuffix("."), let last = parts.last, let number = Int(last), "\(number)" == last,
      number >= 0
    else { return nil }
    return (String(prefix.dropLast(last.count + 1)), number)
  }

  /// The layers, those that make one network together, each list in its order.
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
    return place.number == before.number + 1 && kind == other.kind
      && level.hiddenSize == other.level.hiddenSize
      && level.inputWeight.shape[1] == other.level.hiddenSize
      && (level.inputBias == nil) == (other.level.inputBias == nil)
      && level.inputWeight.dtype == other.level.inputWeight.dtype
  }
}

// MARK: - Writing

extension MLXLayer {
  /// The layer that computes what a level does.
  init(prefix: String, _ level: NetworkLevel, _ kind: RecurrentNetwork.Kind) {
    (self.prefix, self.kind, self.level) = (prefix, kind, level)
    let (first, second) = kind == .rnn ? ("Wxh", "Whh") : ("Wx", "Wh")
    var tensors: NamedTensors = [first: level.inputWeight, second: level.hiddenWeight]
    guard let input = level.inputBias, let hidden = level.hiddenBias else {
      (self.tensors, sumsBiases) = (tensors, false)
      return
    }
    if kind == .gru {
      let size = level.hiddenSize
      let resets = hidden.slice(axis: 0, 0..<2 * size)
      let sums = input.slice(axis: 0, 0..<2 * size) + resets
      tensors["b"] = Tensor.concatenated([sums, input.slice(axis: 0, 2 * size..<3 * size)])
      tensors["bhn"] = hidden.slice(axis: 0, 2 * size..<3 * size)
      sumsBiases = !resets.isZero
    } else {
      tensors["bias"] = level.summedBias
      sumsBiases = !hidden.isZero
    }
    self.tensors = tensors
  }

  /// What is said of summed biases.
  static func loss(_ kind: RecurrentNetwork.Kind) -> String {
    let gates = kind == .gru ? " of r and z" : ""
    return "bias_ih and bias_hh\(gates) become their sum; results keep their bits"
  }
}
