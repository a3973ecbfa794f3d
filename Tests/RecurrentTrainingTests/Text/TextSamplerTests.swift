import RecurrentTensors
import RecurrentTraining
import Testing

@Suite struct TextSamplerTests {
  /// A model that has learned `abcabc…` nearly by heart.
  private static let trained: TrainingState = {
    var configuration = TextTrainerTests.configuration(layers: 1)
    configuration.model.hiddenSize = 12
    configuration.learningRate = 0.04
    configuration.validation = 0
    let trainer = try! TextTrainer(configuration, text: String(repeating: "abc", count: 40))
    for _ in 0..<40 { trainer.step() }
    return trainer.state
  }()

  private func sampler(temperature: Double = 1, seed: UInt64 = 1) -> TextSampler {
    try! TextSampler(
      model: Self.trained.model(), vocabulary: Self.trained.vocabulary(), temperature: temperature, seed: seed
    )
  }

  @Test func writesWhatItHasLearned() throws {
    var greedy = sampler(temperature: 0)
    try greedy.read("abca")
    #expect(greedy.write(7) == "bcabcab")
  }

  @Test func theSameSeedWritesTheSame() throws {
    var texts: [String] = []
    for seed in [1, 1, 2] as [UInt64] {
      var wild = sampler(temperature: 5, seed: seed)
      try wild.read("a")
      texts.append(wild.write(40))
    }
    #expect(texts[0] == texts[1])
    #expect(texts[0] != texts[2])
  }

  @Test func aGreedySamplerDrawsNothingFromItsSeed() {
    var (one, other) = (sampler(temperature: 0, seed: 1), sampler(temperature: 0, seed: 2))
    #expect(one.write(20) == other.write(20))
  }

  @Test func readingInPiecesIsReadingAtOnce() throws {
    var (whole, pieces) = (sampler(), sampler())
    try whole.read("abcab")
    for piece in ["ab", "", "c", "ab"] { try pieces.read(piece) }
    #expect(whole.write(20) == pieces.write(20))
  }

  @Test func aHighTemperatureDrawsEveryUnitAboutEquallyOften() {
    var wild = sampler(temperature: 1e6)
    let ids = (0..<300).map { _ in wild.next() }
    for id in 0..<3 as Range<Int64> {
      let count = ids.count { $0 == id }
      // 100 are expected; the standard deviation is 8.2.
      #expect(count > 60 && count < 140)
    }
  }

  @Test func refusesAPrimeWithUnknownUnits() {
    var sampler = sampler()
    let error = #expect(throws: TrainingError.self) { try sampler.read("abz") }
    #expect(error?.kind == .unknownUnit)
  }
}
