import Recurrent

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
}
