import RecurrentKernels
import RecurrentTraining
import Testing

/// A run has the same bits however it is carried out.
@Suite struct TrainingBitsTests {
  private func steps(
    _ cell: CharacterModel.Configuration.Cell, _ instructionSet: InstructionSet, threads: Int
  ) throws -> [TextTrainer.Step] {
    var configuration = TextTrainerTests.configuration(cell, dropout: 0.2)
    configuration.model.hiddenSize = 19
    return try withComputeOptions(ComputeOptions(instructionSet: instructionSet, threadCount: threads)) {
      let trainer = try TextTrainer(configuration, text: TextTrainerTests.text)
      return (0..<7).map { _ in trainer.step() }
    }
  }

  @Test(arguments: CharacterModel.Configuration.Cell.allCases)
  func everyInstructionSetAndThreadCountGivesTheSameSteps(cell: CharacterModel.Configuration.Cell) throws {
    let expected = try steps(cell, .scalar, threads: 1)
    #expect(expected[5].validation != nil)
    for instructionSet in InstructionSet.available {
      for threads in [1, 2] {
        #expect(
          try steps(cell, instructionSet, threads: threads) == expected,
          "\(instructionSet), \(threads) threads")
      }
    }
  }
}
