import Recurrent

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Training states in files.
enum Checkpoint {
  /// Reads a training state.
  ///
  /// - Throws: `FileError`, or ``CommandError`` if the file holds other tensors.
  static func read(_ path: String) throws -> TrainingState {
    let tensors = try SafeTensors.read(path)
    guard tensors.metadata["format"] == TrainingState.format else {
      throw CommandError(
        .checkpoint, "no checkpoint: \(path)",
        found: tensors.metadata["format"].map { "metadata format \"\($0)\"" }
          ?? "tensors without a training run",
        expected: "a file that rnn train wrote", advice: "look into it with rnn inspect")
    }
    return TrainingState(tensors: ParameterList(Array(tensors)), metadata: tensors.metadata)
  }

  /// The model and vocabulary of a training state, ready to use.
  static func readModel(_ path: String) throws -> (model: CharacterModel, vocabulary: Vocabulary) {
    let state = try read(path)
    return try describingErrors(.checkpoint, "damaged checkpoint: \(path)") {
      (try state.model(), try state.vocabulary())
    }
  }

  /// Writes a training state, whole or not at all.
  static func write(_ state: TrainingState, to path: String) throws {
    var tensors = NamedTensors(metadata: state.metadata)
    for (name, tensor) in state.tensors { tensors[name] = tensor }
    try SafeTensors.write(tensors, to: path)
  }

  /// Throws if a file can certainly not be written at `path`: long before there is something to write.
  static func checkWritable(_ path: String) throws {
    let parent = path.contains("/") ? String(path[..<path.lastIndex(of: "/")!]) + "/" : "."
    let found: String
    if path.isEmpty || path.hasSuffix("/") || FileStatus(path)?.kind == .folder {
      found = "a folder"
    } else if FileStatus(parent) == nil {
      found = "no folder \(parent)"
    } else if access(FileStatus.isDevice(path) ? path : parent, W_OK) != 0 {
      found = "no permission to write"
    } else {
      return
    }
    throw CommandError(
      .file, "cannot write \(path)", found: found, expected: "a file in a folder that can be written",
      advice: "choose another path")
  }
}
