// Every entry is one line here and one in `init(metadata:)`. Numbers are written in the shortest form that
// reads back to the same bits; an absent value is `none`.

extension TrainingConfiguration {
  /// The configuration as strings, for a file's metadata.
  public var metadata: [String: String] {
    [
      "cell": model.cell.rawValue,
      "hidden_size": "\(model.hiddenSize)",
      "layer_count": "\(model.layerCount)",
      "embedding_size": model.embeddingSize.map { "\($0)" } ?? "none",
      "dropout": "\(model.dropout)",
      "unit": unit.rawValue,
      "batch_size": "\(batchSize)",
      "window_length": "\(windowLength)",
      "validation": "\(validation)",
      "optimizer": optimizer.rawValue,
      "learning_rate": "\(learningRate)",
      "clip": clip.map { "\($0)" } ?? "none",
      "seed": "\(seed)",
    ]
  }

  /// Reads back what ``metadata`` wrote; other entries are left alone.
  ///
  /// - Throws: ``TrainingError`` of kind `missingMetadata` or `invalidValue`, naming the entry.
  public init(metadata: [String: String]) throws {
    let reader = MetadataReader(entries: metadata)
    let model = try CharacterModel.Configuration(
      cell: reader.choice("cell"), hiddenSize: reader.size("hidden_size"),
      layerCount: reader.size("layer_count"), embeddingSize: reader.optional("embedding_size", reader.size),
      dropout: reader.number("dropout") { (0...1).contains($0) })
    try self.init(
      model: model, unit: reader.choice("unit"), batchSize: reader.size("batch_size"),
      windowLength: reader.size("window_length"),
      validation: reader.number("validation") { $0 >= 0 && $0 < 1 }, optimizer: reader.choice("optimizer"),
      learningRate: reader.number("learning_rate") { $0 >= 0 },
      clip: reader.optional("clip") { try reader.number($0) { $0 > 0 } },
      seed: reader.value("seed", "a whole number of 64 bits") { UInt64($0) })
  }
}

/// Reads entries of metadata, each rule an error that names the entry.
struct MetadataReader {
  let entries: [String: String]

  func value<Value>(_ name: String, _ expected: String, _ parse: (String) -> Value?) throws -> Value {
    guard let text = entries[name] else {
      throw TrainingError(
        .missingMetadata, place: "metadata \(name)", found: "no such entry", expected: expected)
    }
    guard let value = parse(text) else {
      throw TrainingError(.invalidValue, place: "metadata \(name)", found: "\"\(text)\"", expected: expected)
    }
    return value
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String) throws -> Choice {
    let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    return try value(name, "one of \(all)") { Choice(rawValue: $0) }
  }

  /// A whole number that a dimension can have; the bound keeps products of sizes from overflowing.
  func size(_ name: String) throws -> Int {
    try value(name, "a whole number from 1 to 2147483647") { text in
      Int32(text).flatMap { $0 > 0 ? Int($0) : nil }
    }
  }

  func number(_ name: String, _ isAllowed: (Double) -> Bool) throws -> Double {
    try value(name, "a number in its range") { text in
      Double(text).flatMap { $0.isFinite && isAllowed($0) ? $0 : nil }
    }
  }

  func optional<Value>(_ name: String, _ read: (String) throws -> Value) throws -> Value? {
    entries[name] == "none" ? nil : try read(name)
  }
}
