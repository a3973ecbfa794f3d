import RecurrentKernels
import RecurrentLayers
import RecurrentTensors
import RecurrentTraining
import Testing

/// Each rule that a training state can break is an error that names the place.
@Suite struct TrainingStateTests {
  private let state: TrainingState

  init() throws {
    let trainer = try TextTrainer(
      TextTrainerTests.configuration(embedding: 4, unit: .grapheme), text: TextTrainerTests.text)
    trainer.step()
    state = trainer.state
  }

  private func error(_ state: TrainingState, text: String = TextTrainerTests.text) -> TrainingError? {
    #expect(throws: TrainingError.self) { try TextTrainer(resuming: state, text: text) }
  }

  private func replacing(_ name: String, by tensor: Tensor?) -> TrainingState {
    var entries = state.tensors.filter { $0.name != name }
    if let tensor { entries.append((name, tensor)) }
    return TrainingState(tensors: ParameterList(entries), metadata: state.metadata)
  }

  @Test func everyTensorIsNeeded() {
    for name in state.tensors.names {
      let error = error(replacing(name, by: nil))
      #expect(error?.kind == .missingTensor, "\(name)")
      #expect(error?.place == name)
    }
  }

  @Test func everyTensorNeedsItsShapeAndType() {
    for (name, tensor) in state.tensors {
      let misfit = Tensor(zeros: [2, 3, 5], dtype: tensor.dtype == .int64 ? .float32 : .int64)
      let error = error(replacing(name, by: misfit))
      #expect([.wrongShape, .invalidValue].contains(error?.kind), "\(name)")
      #expect(error?.place == name)
    }
  }

  @Test(arguments: ["extra", "optimizer.extra", "carried.extra", "vocabulary.extra", "head.weights"])
  func noTensorIsSuperfluous(name: String) {
    let error = error(replacing(name, by: Tensor([1])))
    #expect(error?.kind == .unexpectedTensor)
    #expect(error?.place == name)
  }

  @Test func everyEntryOfTheMetadataIsNeeded() {
    for name in state.metadata.keys {
      var broken = state
      broken.metadata[name] = nil
      #expect([.missingMetadata, .notATrainingState].contains(error(broken)?.kind), "\(name)")
      broken.metadata[name] = "?"
      #expect([.invalidValue, .notATrainingState].contains(error(broken)?.kind), "\(name)")
    }
  }

  @Test(arguments: [
    ("hidden_size", "6"), ("hidden_size", "2147483647"), ("hidden_size", "0"), ("layer_count", "3"),
    ("layer_count", "1"), ("layer_count", "2147483647"), ("embedding_size", "none"), ("embedding_size", "5"),
    ("cell", "gru"), ("cell", "rnn"), ("batch_size", "4"), ("unit", "scalar"), ("dropout", "1.5"),
    ("learning_rate", "nan"), ("validation", "1"), ("clip", "-1"), ("seed", "-1"), ("optimizer", "sgd"),
  ])
  func aConfigurationOfAnotherModelIsRefused(name: String, value: String) {
    var broken = state
    broken.metadata[name] = value
    #expect(error(broken) != nil)
  }

  @Test func aCheckpointOfAnotherKindIsRefused() {
    let foreign = TrainingState(tensors: state.tensors, metadata: ["format": "pt"])
    #expect(error(foreign)?.kind == .notATrainingState)
    #expect(throws: TrainingError.self) { try foreign.model() }
  }

  @Test func anotherTextIsRefused() {
    let reordered = String(TextTrainerTests.text.reversed())
    #expect(error(state, text: reordered)?.kind == .differentText)
    #expect(error(state, text: TextTrainerTests.text + "a")?.kind == .differentText)
    #expect(error(state, text: TextTrainerTests.text + "z")?.kind == .unknownUnit)
    #expect(error(state, text: "")?.kind == .differentText)
  }

  @Test func aCursorOutsideOfTheEpochIsRefused() {
    for numbers in [[0, 1000], [0, -1], [-1, 0], [.max, 0], [0], [0, 0, 0]] as [[Int64]] {
      let cursor = Tensor(numbers, shape: [numbers.count])
      #expect(error(replacing("cursor", by: cursor))?.place == "cursor", "\(numbers)")
    }
  }

  @Test(arguments: [-1, Int64.max]) func aCountOfStepsThatNoRunReachesIsRefused(count: Int64) {
    let error = error(replacing("optimizer.step", by: Tensor(scalar: count)))
    #expect(error?.place == "optimizer.step")
  }

  @Test func aVocabularyThatIsNoneIsRefused() {
    let codes = state.tensors["vocabulary.codes"]!.scalars(as: Int64.self)
    for (index, code) in [(0, Int64(0xD800)), (0, 0x11_0000), (0, -1), (1, codes[0])] {
      var broken = codes
      broken[index] = code
      let error = error(replacing("vocabulary.codes", by: Tensor(broken, shape: [broken.count])))
      #expect(error?.kind == .invalidValue)
      #expect(error?.place == "vocabulary.codes")
    }
    for lengths in [[], [0], [Int64(codes.count)], [Int64.max, 1], [-1]] as [[Int64]] {
      let broken = replacing("vocabulary.lengths", by: Tensor(lengths, shape: [lengths.count]))
      #expect(error(broken) != nil, "\(lengths)")
    }
  }
}
