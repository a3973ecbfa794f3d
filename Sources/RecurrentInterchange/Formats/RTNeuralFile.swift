import RecurrentKernels
import RecurrentTensors

/// RTNeural's JSON: an object with `in_shape` and `layers`, each of which has `type`, `activation`, `shape` and `weights`,
/// nested lists as Keras lays them out.
///
/// As tensors: `layers.0.kernel`, `layers.0.recurrent` and `layers.0.bias`, of a dense layer `kernel` and `bias`, of others
/// `weights.0` and so on, in float32. As metadata: `rtneural.layers`, how many there are, and for each
/// `rtneural.layers.0.type`, `.activation` and `.shape`; and `rtneural.in_shape`.
enum RTNeuralFile: TensorFormat, TensorFileReader {
  static let format = TensorFile.Format.rtneural

  private static let layerLimit = 64
  private static let weightLimit = 8
  private static let rankLimit = 4

  static func recognizes(_ start: FileStart) throws -> Bool {
    try start.firstKey(of: ["architecture", "layers"]) == "layers"
  }

  static func read(_ file: FileBytes) throws -> NamedTensors {
    var tensors = NamedTensors(metadata: [:], source: file.source.name)
    var cursor = try TextCursor(file.source)
    try cursor.readFields { key, cursor in
      switch key {
      case "in_shape": tensors.metadata["rtneural.in_shape"] = try cursor.readText()
      case "layers": try readLayers(from: &cursor, into: &tensors)
      default: _ = try cursor.readText()
      }
    }
    try cursor.expectEnd()
    return tensors
  }

  private static func readLayers(from cursor: inout TextCursor, into tensors: inout NamedTensors) throws {
    var count = 0
    try cursor.readArray { cursor in
      guard count < layerLimit else {
        throw FileError(.shape, at: cursor.place(), found: "another layer", expected: "at most \(layerLimit)")
      }
      try readLayer("layers.\(count).", from: &cursor, into: &tensors)
      count += 1
    }
    tensors.metadata["rtneural.layers"] = "\(count)"
  }

  private static func readLayer(
    _ prefix: String, from cursor: inout TextCursor, into tensors: inout NamedTensors
  ) throws {
    let place = cursor.place(tensor: prefix)
    var (type, weights): (String?, [Tensor]) = (nil, [])
    try cursor.readFields { key, cursor in
      switch key {
      case "type": type = try cursor.readString()
      case "weights": weights = try readWeights(from: &cursor)
      case "activation": tensors.metadata["rtneural.\(prefix)activation"] = try cursor.readString()
      case "shape": tensors.metadata["rtneural.\(prefix)shape"] = try cursor.readText()
      default: _ = try cursor.readText()
      }
    }
    guard let type else {
      throw FileError(
        .missingField, at: place, found: "no type", expected: "type, activation, shape and weights")
    }
    tensors.metadata["rtneural.\(prefix)type"] = type
    let names = names(of: type)
    for (index, tensor) in weights.enumerated() {
      tensors[prefix + (index < names.count ? names[index] : "weights.\(index)")] = tensor
    }
  }

  private static func readWeights(from cursor: inout TextCursor) throws -> [Tensor] {
    var weights: [Tensor] = []
    try cursor.readArray { cursor in
      guard weights.count < weightLimit else {
        throw FileError(.shape, at: cursor.place(), found: "another list", expected: "at most \(weightLimit)")
      }
      weights.append(try cursor.readTensor(rankLimit: rankLimit))
    }
    return weights
  }

  /// What a layer's lists are called, in their order.
  static func names(of type: String) -> [String] {
    switch type {
    case "lstm", "gru": ["kernel", "recurrent", "bias"]
    case "dense", "time-distributed-dense": ["kernel", "bias"]
    default: []
    }
  }
}

// MARK: - Writing

extension RTNeuralFile {
  /// Writes tensors and metadata of the kind that ``read(_:)`` gives.
  static func write(_ tensors: NamedTensors, to sink: FileSink) throws {
    func text(_ key: String) -> String { tensors.metadata["rtneural." + key] ?? "null" }
    try sink.write(Array("{\n\"in_shape\": \(text("in_shape")),\n\"layers\": [".utf8))
    for index in 0..<(Int(text("layers")) ?? 0) {
      let prefix = "layers.\(index)."
      let (type, activation) = (text(prefix + "type"), tensors.metadata["rtneural.\(prefix)activation"] ?? "")
      let head = "{\"type\": \(type.jsonLiteral), \"activation\": \(activation.jsonLiteral), "
      try sink.write(
        Array("\(index == 0 ? "" : ",")\n\(head)\"shape\": \(text(prefix + "shape")),\n\"weights\": [\n".utf8)
      )
      for (place, name) in names(of: type).enumerated() {
        if place > 0 { try sink.write(Array(",\n".utf8)) }
        try tensors[prefix + name]?.writeJSON(to: sink)
      }
      try sink.write(Array("]}".utf8))
    }
    try sink.write(Array("]\n}\n".utf8))
  }
}
