import RecurrentLayers
import RecurrentTensors
import RecurrentTraining
import Testing

/// A run that is stopped and resumed has the bits of one that never stopped.
@Suite struct ResumeTests {
  typealias Cell = CharacterModel.Configuration.Cell

  private func expectSameBits(_ a: TrainingState, _ b: TrainingState, _ comment: Comment) {
    #expect(a.metadata == b.metadata, comment)
    #expect(a.tensors.names == b.tensors.names, comment)
    for (one, other) in zip(a.tensors, b.tensors) {
      #expect(one.tensor.isBitwiseEqual(to: other.tensor), "\(comment): \(one.name)")
    }
  }

  /// Stops before the first step, in the middle of an epoch, at its end, and behind it.
  @Test(arguments: Cell.allCases, [0.0, 0.4])
  func resumedEqualsNeverStopped(cell: Cell, dropout: Double) throws {
    let configuration = TextTrainerTests.configuration(
      cell, embedding: cell == .gru ? 4 : nil, dropout: dropout)
    let text = TextTrainerTests.text
    let whole = try TextTrainer(configuration, text: text)
    let windows = whole.streams.windowCount
    let stops = [0, 1, windows / 2, windows, windows + 1]
    var states: [Int: TrainingState] = [:]
    var steps: [TextTrainer.Step] = []
    for number in 0..<(windows + 4) {
      if stops.contains(number) { states[number] = whole.state }
      steps.append(whole.step())
    }
    for stop in stops {
      let resumed = try TextTrainer(resuming: states[stop]!, text: text)
      #expect(resumed.stepCount == stop)
      for step in steps[stop...] { #expect(resumed.step() == step, "stopped after \(stop)") }
      expectSameBits(resumed.state, whole.state, "\(cell), dropout \(dropout), stopped after \(stop)")
    }
  }

  @Test(arguments: TrainingConfiguration.OptimizerKind.allCases, TextUnit.allCases)
  func everyOptimizerAndUnitResumes(kind: TrainingConfiguration.OptimizerKind, unit: TextUnit) throws {
    let configuration = TextTrainerTests.configuration(.rnn, layers: 1, optimizer: kind, unit: unit)
    let whole = try TextTrainer(configuration, text: TextTrainerTests.text)
    whole.step()
    whole.learningRate = 0.5
    let resumed = try TextTrainer(resuming: whole.state, text: TextTrainerTests.text)
    #expect(resumed.configuration == configuration)
    #expect(resumed.vocabulary == whole.vocabulary)
    #expect(resumed.learningRate == 0.5)
    #expect(resumed.step() == whole.step())
    expectSameBits(resumed.state, whole.state, "\(kind), \(unit)")
  }

  @Test func aStateKeepsTheModelForSampling() throws {
    let trainer = try TextTrainer(TextTrainerTests.configuration(dropout: 0.4), text: TextTrainerTests.text)
    trainer.step()
    let state = trainer.state
    let ids = trainer.streams.validationIDs
    #expect(try state.model().evaluate(ids) == trainer.model.evaluate(ids))
    #expect(try state.vocabulary() == trainer.vocabulary)
  }
}
