import RecurrentCommands
import Testing

struct BenchCaseTests {
  @Test func everyStandardCaseIsTheOneOfItsName() throws {
    for benchCase in BenchCase.standard {
      #expect(try BenchCase(named: benchCase.name) == benchCase)
    }
    #expect(Set(BenchCase.standard.map(\.name)).count == BenchCase.standard.count)
  }

  @Test func partOfANameChoosesAllThatHaveIt() throws {
    let steps = try BenchCase.chosen(by: ["step"])
    #expect(steps == BenchCase.standard.filter { $0.mode == .step })
    #expect(try BenchCase.chosen(by: ["lstm-step", "step"]).count == steps.count)
  }

  @Test func caseThatIsSpelledOutNeedNotBeKnown() throws {
    let name = "gru-train-b3-t7-i5-h11-l2-bi"
    let found = try #require(try BenchCase.chosen(by: [name]).first)
    #expect(found.name == name && !BenchCase.standard.contains(found))
    #expect(found.kind == .gru && found.mode == .train && found.form == .bidirectional)
    #expect(found.hiddenSize == 11 && found.layerCount == 2)
  }

  @Test(arguments: [
    ("lstm-stp", "did you mean lstm-step?"),
    ("lsm-step-b1-t1-i1-h8-l1", "its kind is `lsm`, expected one of rnn, lstm, gru"),
    ("lstm-step-b1-t1-i1-h-l1", "`h` stands where `h` and a number from 1"),
    ("lstm-step-b1-t2-i1-h8-l1", "a step has t1"),
    ("lstm-seq-b1-t2-i1-h8-l1-both", "its ending is `-both`, expected one of -bi, -ragged"),
    ("lstm-seq-b1-t2-i1-h0-l1", "`h0` stands where"), ("", "rnn bench --list"),
  ])
  func misspeltCaseSaysWhatIsWrong(name: String, says: String) {
    let error = #expect(throws: BenchCaseError.self) { try BenchCase.chosen(by: [name]) }
    #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
  }

  @Test func operationsAreCountedForRealSteps() throws {
    let full = try BenchCase(named: "lstm-seq-b1-t10-i3-h5-l2")
    #expect(full.operationCount == 7200)  // 2 x 10 rows x 20 outputs x (8 + 10) weights
    let ragged = try BenchCase(named: "gru-train-b4-t10-i3-h5-l1-ragged")
    let lengths = try #require(ragged.lengths)
    #expect(lengths.min() == 1 && lengths.max() == 10)
    let realSteps = lengths.reduce(0, +)
    #expect(ragged.operationCount == Double(realSteps) * 720)  // 3 x 2 x 15 outputs x 8 weights
  }
}
