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
    try JSONKeys.first(of: ["architecture", "layers"], in: start) == "layers"
  }

  static func read(_ file: FileBytes) throws -> NamedTensors {
    var tensors = NamedTensors(metadata: [:], source: file.source.name)
    try JSONCursor.readFile(file.source) { key, cursor in
      switch key {
      case "in_shape": tensors.metadata["rtneural.in_shape"] = try cursor.readText()
      case "layers": try readLayers(from: &cursor, into: &tensors)
      default: _ = try cursor.readText()
      }
    }
    return tensors
  }

  private static func readLayers(from cursor: inout JSONCursor, into tensors: inout NamedTensors) throws {
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
    _ prefix: String, from cursor: inout JSONCursor, into tensors: inout NamedTensors
  ) throws {
    let place = cursor.place(tensor: prefix)
    var (type, weights): (String?, [Tensor]?)
    try cursor.readObject { key, cursor in
      switch key {
      case "type" where type == nil: type = try cursor.readString()
      case "weights" where weights == nil: weights = try readWeights(from: &cursor)
      case "activation": tensors.metadata["rtneural.\(prefix)activation"] = try cursor.readString()
      case "shape": tensors.metadata["rtneural.\(prefix)shape"] = try cursor.readText()
      case "type", "weights":
        throw FileError(
          .duplicate, at: cursor.place(), found: "\(key.quoted) again", expected: "every key once")
      default: _ = try cursor.readText()
      }
    }
    guard let type else {
      throw FileError(
        .missingField, at: place, found: "no type", expected: "type, activation, shape and weights")
    }
    tensors.metadata["rtneural.\(prefix)type"] = type
    let names = names(of: type)
    for (index, tensor) in (weights ?? []).enumerated() {
      tensors[prefix + (index < names.count ? names[index] : "weights.\(index)")] = tensor
    }
  }

  private static func readWeights(from cursor: inout JSONCursor) throws -> [Tensor] {
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

/// Tells formats in JSON apart.
enum JSONKeys {
  /// The first key of the file's object that is one of `keys`; nil if none is, or the file is no object.
  static func first(of keys: Set<String>, in start: FileStart) throws -> String? {
    guard start.isObject else { return nil }
    var reader = ByteReader(start.source)
    var cursor = JSONCursor(try reader.read(start.source.byteCount), file: start.source.name, origin: 0)
    var found: String?
    try cursor.readObject { key, cursor in
      if found == nil && keys.contains(key) { found = key }
      _ = try cursor.readText()
    }
    return found
  }
}
