import RecurrentTensors
import RecurrentTraining
import Testing

@Suite struct TextTrainerTests {
  static let text = String(repeating: "가나다 abc 👋🏽 hello, olleh\n", count: 6)

  static func configuration(
    _ cell: CharacterModel.Configuration.Cell = .lstm, layers: Int = 2, embedding: Int? = nil,
    dropout: Double = 0,
    optimizer: TrainingConfiguration.OptimizerKind = .adam, unit: TextUnit = .scalar
  ) -> TrainingConfiguration {
    TrainingConfiguration(
      model: .init(cell: cell, hiddenSize: 5, layerCount: layers, embeddingSize: embedding, dropout: dropout),
      unit: unit, batchSize: 3, windowLength: 7, validation: 0.1, optimizer: optimizer, learningRate: 0.02,
      seed: 3)
  }

  @Test func beginsWithTheLossOfGuessing() throws {
    let trainer = try TextTrainer(Self.configuration(), text: Self.text)
    let step = trainer.step()
    let guessing = TextEvaluation(loss: step.loss, predictionCount: 1).perplexity
    #expect(abs(guessing / Double(trainer.vocabulary.count) - 1) < 0.3)
    #expect(step.number == 1 && step.epoch == 1 && step.learningRate == 0.02 && step.gradientNorm > 0)
  }

  /// 144 scalars, 14 held out, streams of 43: epochs of 6 windows of 7.
  @Test func countsEpochsAndEvaluatesAtTheirEnds() throws {
    let trainer = try TextTrainer(Self.configuration(.gru, layers: 1), text: Self.text)
    let windows = trainer.streams.windowCount
    for number in 1...(2 * windows) {
      let step = trainer.step()
      #expect(step.number == number)
      #expect(step.epoch == (number - 1) / windows + 1)
      #expect((step.validation != nil) == (number % windows == 0))
    }
    #expect(windows == 6)
    #expect(trainer.epoch == 2 && trainer.window == 0)
    #expect(trainer.validate()?.predictionCount == trainer.streams.validationIDs.count - 1)
  }

  @Test func validationChangesNothing() throws {
    let configuration = Self.configuration(dropout: 0.5)
    let (one, other) = (
      try TextTrainer(configuration, text: Self.text), try TextTrainer(configuration, text: Self.text)
    )
    _ = one.validate()
    #expect(one.step() == other.step())
    #expect(one.validate() == other.validate())
  }

  @Test(arguments: zip(CharacterModel.Configuration.Cell.allCases, TextUnit.allCases))
  func learnsATinyText(cell: CharacterModel.Configuration.Cell, unit: TextUnit) throws {
    var configuration = Self.configuration(cell, layers: 1, unit: unit)
    configuration.model.hiddenSize = 12
    configuration.learningRate = 0.03
    configuration.validation = 0
    let trainer = try TextTrainer(configuration, text: String(repeating: "안녕👋🏽 ab", count: 12))
    let first = trainer.step().loss
    var last = first
    for _ in 0..<40 { last = trainer.step().loss }
    #expect(last < first / 2, "\(first) to \(last)")
  }

  @Test func aScheduleMaySetTheLearningRate() throws {
    let trainer = try TextTrainer(Self.configuration(), text: Self.text)
    let schedule = LinearSchedule(learningRate: 0.5, startFactor: 0.5, stepCount: 2)
    let rates = (0..<3).map { step in
      trainer.learningRate = schedule.learningRate(atStep: step)
      return trainer.step().learningRate
    }
    #expect(rates == [0.25, 0.375, 0.5])
  }

  @Test func refusesTextsThatAreEmptyOrTooShort() {
    let configuration = Self.configuration()
    for (text, kind) in [("", TrainingError.Kind.emptyText), ("ab", .textTooShort)] {
      let error = #expect(throws: TrainingError.self) { try TextTrainer(configuration, text: text) }
      #expect(error?.kind == kind)
    }
  }
}
