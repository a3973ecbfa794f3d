import Recurrent

/// A description of a file of tensors.
struct Inspection {
  private let tensors: NamedTensors
  private let format: TensorFile.Format
  private let byteCount: Int?
  /// The graph in which the tensors stand, if the file is one.
  private let model: OnnxModel?

  init(_ tensors: NamedTensors, format: TensorFile.Format, byteCount: Int?, model: OnnxModel?) {
    self.model = model
    self.tensors = tensors
    self.format = format
    self.byteCount = byteCount
  }

  /// The whole description, ready to print.
  var text: String {
    [header, checkpoint, networks, graph, table, metadata].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private var header: String {
    let bytes = byteCount.map { ", \($0.counting("byte"))" } ?? ""
    let numbers = tensors.reduce(0) { $0 + $1.tensor.count }
    return "\(tensors.source): \(format.rawValue)\(bytes), "
      + "\(tensors.count.counting("tensor")) of \(numbers.counting("number"))\n"
  }

  private var graph: String { model.map { GraphSummary($0).text } ?? "" }

  private var networks: String {
    do {
      let file = try NetworkFile(tensors)
      guard let system = file.system else { return unnamed }
      let lines = file.networks.map {
        NetworkSummary($0, system, parameterCount: file.parameterCount(of: $0)).text
      }.joined()
      return lines + notRecurrent(besides: Set(file.networks.flatMap(\.usedTensors)))
    } catch {
      return "network cannot be used: \(error)\n"
    }
  }

  /// What to do where no network was found, and a matrix could be an LSTM's or GRU's.
  private var unnamed: String {
    let mayBeWeights = tensors.contains { _, tensor in
      let shape = tensor.shape
      return shape.count == 2 && !shape.contains(0)
        && [3, 4].contains { shape[0] == $0 * shape[1] || shape[1] == $0 * shape[0] }
    }
    return mayBeWeights && model == nil
      ? "no network under names that are known; rnn run and rnn convert take --name weight_ih_l0=NAME\n" : ""
  }

  private func notRecurrent(besides used: Set<String>) -> String {
    let names = tensors.names.filter { !used.contains($0) }
    return names.isEmpty ? "" : "not recurrent: \(names.count.counting("tensor")), \(names.listed)\n"
  }

  private var table: String {
    guard !tensors.isEmpty else { return "" }
    var hasNaN = false
    var table = TextTable(
      header: ["tensor", "type", "shape", "count", "min", "max", "mean", "std", "NaN"],
      [.left, .left, .left, .right, .right, .right, .right, .right, .right])
    for (name, tensor) in tensors {
      let head = [name.printable, tensor.dtype.rawValue, "\(tensor.shape)", tensor.count.grouped]
      let statistics = TensorStatistics(tensor)
      hasNaN = hasNaN || statistics.nanCount > 0
      table.add(head + statistics.cells)
    }
    return Console.output.fitted(table, leavingOut: hasNaN ? [3, 7, 6, 5, 4] : [8, 3, 7, 6, 5, 4])
  }

  private var metadata: String {
    let entries = tensors.metadata.sorted { $0.key < $1.key }
    guard !entries.isEmpty else { return "" }
    var table = TextTable(header: ["metadata", ""], [.left, .left])
    for (key, value) in entries { table.add([key.printable, value.printable]) }
    return table.text
  }

  // MARK: - Checkpoints

  /// What the training was, if the file is a checkpoint.
  private var checkpoint: String {
    guard tensors.metadata["format"] == TrainingState.format else { return "" }
    let state = TrainingState(tensors: ParameterList(Array(tensors)), metadata: tensors.metadata)
    do {
      return try CheckpointSummary(state).text
    } catch {
      return "checkpoint of rnn train text, damaged: \(error)\n"
    }
  }
}

extension String {
  /// With control characters escaped, so that a file cannot move the cursor; at most 200 scalars.
  var printable: String {
    var text = ""
    for scalar in unicodeScalars.prefix(200) {
      switch scalar {
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case _ where scalar.properties.generalCategory == .control:
        text += "\\u{\(String(scalar.value, radix: 16))}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + (unicodeScalars.count > 200 ? "…" : "")
  }
}
