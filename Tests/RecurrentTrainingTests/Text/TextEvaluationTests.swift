import RecurrentTensors
import RecurrentTraining
import Testing

@Suite struct TextEvaluationTests {
  @Test func bitsAndPerplexityOfGuessingAmongFour() {
    let evaluation = TextEvaluation(loss: 1.3862943611198906, predictionCount: 1)
    #expect(abs(evaluation.bitsPerUnit - 2) < 1e-15)
    #expect(abs(evaluation.perplexity - 4) < 1e-14)
  }

  @Test func windowsDoNotChangeTheMean() {
    let model = CharacterModel(
      vocabularySize: 7, .init(cell: .gru, hiddenSize: 5, dropout: 0.5), generator: Generator(seed: 1))
    let ids = (0..<23).map { Int64($0 * $0 % 7) }
    let whole = model.evaluate(ids, windowLength: 100)
    #expect(whole?.predictionCount == 22)
    for windowLength in [1, 5, 11, 22] {
      let pieces = model.evaluate(ids, windowLength: windowLength)
      // Each window's mean is rounded to float32.
      #expect(abs(pieces!.loss - whole!.loss) < 1e-6)
    }
  }

  @Test func fewerThanTwoIDsPredictNothing() {
    let model = CharacterModel(vocabularySize: 3, .init(hiddenSize: 2), generator: Generator(seed: 1))
    #expect(model.evaluate([]) == nil)
    #expect(model.evaluate([1]) == nil)
  }
}
