import RecurrentKernels
import RecurrentTensors

/// Neural Amp Modeler's JSON: an object with `version`, `architecture`, `config`, `weights` (one flat list), and perhaps
/// `metadata` and `sample_rate`.
///
/// As tensors: `weights [n]`, in float32. As metadata: every other key under `nam.`, its value as JSON has it; those of
/// `architecture` and `version` without quotes.
enum NAMFile: TensorFormat, TensorFileReader {
  static let format = TensorFile.Format.nam

  private static let keyLimit = 64

  static func recognizes(_ start: FileStart) throws -> Bool {
    try start.firstKey(of: ["architecture", "layers"]) == "architecture"
  }

  static func read(_ file: FileBytes) throws -> NamedTensors {
    var tensors = NamedTensors(metadata: [:], source: file.source.name)
    var cursor = try TextCursor(file.source)
    try cursor.readFields(limit: keyLimit) { key, cursor in
      switch key {
      case "weights": tensors["weights"] = try cursor.readTensor(rankLimit: 1)
      case "architecture", "version": tensors.metadata["nam." + key] = try cursor.readString()
      default: tensors.metadata["nam." + key] = try cursor.readText()
      }
    }
    try cursor.expectEnd()
    return tensors
  }

  /// Writes a tensor and metadata of the kind that ``read(_:)`` gives.
  static func write(_ tensors: NamedTensors, to sink: FileSink) throws {
    let first = ["version", "metadata", "architecture", "config"]
    let all = tensors.metadata.keys.filter { $0.hasPrefix("nam.") }.map { String($0.dropFirst(4)) }
    // The weights are the tensor, whatever another file's metadata calls so.
    let rest = all.filter { !first.contains($0) && $0 != "weights" }.sorted()
    try sink.write(Array("{".utf8))
    for key in first.filter(all.contains) + rest {
      let value = tensors.metadata["nam." + key] ?? "null"
      let isString = key == "version" || key == "architecture"
      try sink.write(Array("\(key.jsonLiteral): \(isString ? value.jsonLiteral : value), ".utf8))
    }
    try sink.write(Array("\"weights\": ".utf8))
    try tensors["weights"]?.writeJSON(to: sink)
    try sink.write(Array("}\n".utf8))
  }

  /// Makes sure that metadata out of another file is what it says before it becomes part of a text.
  static func prove(_ metadata: [String: String], file: String) throws {
    for (key, value) in metadata where key != "nam.version" && key != "nam.architecture" {
      var cursor = TextCursor(Array(value.utf8), file: file + " " + key)
      _ = try cursor.readText()
      try cursor.expectEnd()
    }
  }
}
