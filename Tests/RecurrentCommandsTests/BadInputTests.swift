import Foundation
import Recurrent
import Testing

/// Whatever cannot be used is named, with exit code 1 (data) or 64 (command line), and nothing is written.
struct BadInputTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let arguments: String
    let code: Int32
    /// What the message must say.
    let says: [String]
    var testDescription: String { arguments }

    init(_ arguments: String, _ code: Int32, _ says: String...) {
      (self.arguments, self.code, self.says) = (arguments, code, says)
    }
  }

  /// A folder with one of everything.
  private func makeTool() throws -> BuiltTool {
    let tool = try BuiltTool()
    try tool.write(sampleText, to: "good.txt")
    try tool.write("", to: "empty.txt")
    try tool.write("only a few characters", to: "short.txt")
    try tool.write(Array("abc".utf8) + [0xC3, 0x28] + Array("def".utf8), to: "bad.txt")
    try tool.write([0, 1, 2], to: "folder/binary.bin")
    try tool.write("another text, long enough: " + sampleText, to: "other.txt")
    var weights = NamedTensors(LSTM(inputSize: 5, hiddenSize: 4, generator: Generator(seed: 1)).parameters)
    try SafeTensors.write(weights, to: tool.path("lstm.safetensors"))
    weights["weight_ih_l0"] = Tensor(zeros: [16, 6, 1])
    try SafeTensors.write(weights, to: tool.path("misshapen.safetensors"))
    let both = GRU(inputSize: 5, hiddenSize: 4, bidirectional: true)
    try SafeTensors.write(NamedTensors(both.parameters), to: tool.path("both.safetensors"))
    try writeArrays(to: tool)
    let trained = try tool.run(["train", "text", "good.txt"] + smallModel + ["--steps", "2"])
    #expect(trained.code == 0, "\(trained.error)")
    return tool
  }

  private func writeArrays(to tool: BuiltTool) throws {
    let input = Tensor(zeros: [7, 2, 5])
    let arrays: [(String, NamedTensors)] = [
      ("in", ["input": input]), ("none", ["x": input, "y": input]),
      ("wide", ["input": Tensor(zeros: [7, 2, 6])]),
      ("flat", ["input": Tensor(zeros: [5])]), ("half", ["input": input, "h0": Tensor(zeros: [1, 2, 4])]),
      ("state", ["input": input, "h0": Tensor(zeros: [1, 3, 4]), "c0": Tensor(zeros: [1, 2, 4])]),
      ("long", ["input": input, "lengths": Tensor([7, 8] as [Int64], shape: [2])]),
      ("few", ["input": input, "lengths": Tensor([7] as [Int64], shape: [1])]),
    ]
    for (name, tensors) in arrays { try NPZ.write(tensors, to: tool.path(name + ".npz")) }
  }

  private static let train =
    "train text good.txt --hidden 8 --batch 3 --unroll 7 --steps 3 --checkpoint new.safetensors"
  private static let run = "run lstm.safetensors --output out.npz --input"

  private static let cases = [
    Case("train text nowhere.txt", 1, "cannot read nowhere.txt", "no such file", "check the path"),
    Case("train text empty.txt", 1, "empty text in empty.txt", "0 bytes"),
    Case(
      "train text short.txt", 1, "short.txt", "21 units", "at least 1601", "32 streams of one window of 50"),
    Case("train text bad.txt", 1, "not UTF-8: bad.txt, byte 3", "0xC3"),
    Case("train text folder", 1, "no text in folder", "none among 1 file"),
    Case("train text", 64, "Missing expected argument '<paths> ...'"),
    Case("\(train) --hidden 0", 64, "--hidden is 0, expected at least 1"),
    Case("\(train) --hidden 1000000", 1, "does not fit into memory", "lower --hidden"),
    Case("\(train) --layers 2147483647 --hidden 2147483647", 1, "does not fit into memory"),
    Case("\(train) --unroll 2147483647 --batch 2147483647 --hidden 1", 1, "memory"),
    Case("\(train) --batch 2147483648", 64, "--batch is 2147483648, expected at most 2147483647"),
    Case("\(train) --layers 0", 64, "--layers is 0"),
    Case("\(train) --embedding 0", 64, "--embedding is 0"),
    Case("\(train) --batch 0", 64, "--batch is 0"),
    Case("\(train) --unroll 0", 64, "--unroll is 0"),
    Case("\(train) --steps 0", 64, "--steps is 0"),
    Case("\(train) --epochs 0", 64, "--epochs is 0"),
    Case("\(train) --dropout 1.5", 64, "--dropout is 1.5, expected 0 to 1"),
    Case("\(train) --dropout nan", 64, "--dropout is nan"),
    Case("\(train) --validation 1", 64, "--validation is 1.0"),
    Case("\(train) --learning-rate 0", 64, "--learning-rate is 0.0, expected above 0"),
    Case("\(train) --clip inf", 64, "--clip is inf"),
    Case("\(train) --threads 0", 64, "--threads is 0, expected at least 1"),
    Case("\(train) --cell transformer", 64, "'transformer'", "'rnn'", "'lstm'", "'gru'"),
    Case("\(train) --unit word", 64, "'word'", "'scalar'", "'byte'", "'grapheme'"),
    Case("\(train) --optimizer lion", 64, "'lion'", "'sgd'", "'adam'", "'adamw'"),
    Case("\(train) --isa mmx", 64, "'mmx'", "'scalar'"),
    Case("\(train) --hidden many", 64, "'many'"),
    Case("\(train) --wings 2", 64, "--wings"),
    Case("\(train) --resume nowhere.safetensors", 1, "missing file in nowhere.safetensors"),
    Case("\(train) --resume lstm.safetensors", 1, "no checkpoint: lstm.safetensors", "rnn inspect"),
    Case(
      "train text good.txt --resume rnn.safetensors --hidden 16", 1,
      "checkpoint of another model: rnn.safetensors, --hidden",
      "found 8, expected 16"),
    Case(
      "train text good.txt --resume rnn.safetensors --cell gru", 1, "another model: rnn.safetensors, --cell",
      "found lstm, expected gru"),
    Case("train text other.txt --resume rnn.safetensors", 1, "rnn.safetensors", "other.txt"),
    Case(
      "\(train) --checkpoint nowhere/new.safetensors", 1, "cannot write nowhere/new.safetensors",
      "no folder nowhere/"),
    Case("\(train) --checkpoint folder", 1, "cannot write folder", "a folder"),
    Case("\(train) --log nowhere/new.csv", 1, "cannot write nowhere/new.csv"),
    Case("\(train) --log same --checkpoint same", 64, "same file"),
    Case("sample lstm.safetensors", 1, "no checkpoint: lstm.safetensors"),
    Case("sample good.txt", 1, "good.txt"),
    Case("sample rnn.safetensors --temperature -1", 64, "--temperature"),
    Case("sample rnn.safetensors --temperature inf", 64, "expected 0 or more and finite"),
    Case("sample rnn.safetensors --length -1", 64, "--length"),
    Case("evaluate rnn.safetensors bad.txt", 1, "not UTF-8: bad.txt, byte 3"),
    Case("evaluate lstm.safetensors good.txt", 1, "no checkpoint: lstm.safetensors"),
    Case("\(run) none.npz", 1, "no array `input` in none.npz", "`x`, `y`"),
    Case("\(run) wide.npz", 1, "`input` in wide.npz", "[7, 2, 6]", "[T, N, 5]", "input 5"),
    Case("\(run) flat.npz", 1, "`input` in flat.npz", "[5]"),
    Case("\(run) half.npz", 1, "`h0` alone"),
    Case("\(run) state.npz", 1, "`h0` in state.npz", "[1, 3, 4]", "[1, 2, 4]"),
    Case("\(run) long.npz", 1, "`lengths` in long.npz", "found 8", "0 to 7"),
    Case("\(run) few.npz", 1, "`lengths` in few.npz", "[1]", "[2]"),
    Case("\(run) good.txt", 1, "good.txt"),
    Case("\(run) nowhere.npz", 1, "missing file in nowhere.npz"),
    Case("\(run) in.npz --chunk 0", 64, "--chunk is 0"),
    Case("\(run) in.npz --nonlinearity relu", 1, "--nonlinearity", "LSTM"),
    Case("\(run) in.npz --nonlinearity cube", 64, "'cube'", "'tanh'", "'relu'"),
    Case("\(run) in.npz --prefix decoder.", 1, "lstm.safetensors", "decoder."),
    Case("run lstm.safetensors --input in.npz --output out.npy", 64, "expected an npz file"),
    Case("run lstm.safetensors --input in.npz --output nowhere/out.npz", 1, "cannot write nowhere/out.npz"),
    Case("run misshapen.safetensors --input in.npz --output out.npz", 1, "[16, 6, 1]"),
    Case("run both.safetensors --input in.npz --output out.npz --chunk 2", 1, "--chunk", "bidirectional"),
    Case("inspect nowhere", 1, "nowhere"),
    Case("inspect good.txt", 1, "good.txt", "safetensors", "npz"),
  ]

  @Test func eachIsNamedAndNothingIsWritten() throws {
    let tool = try makeTool()
    let before = tool.names.map { [Array($0.utf8), tool.bytes($0) ?? []] }
    for bad in Self.cases {
      let result = try tool.run(bad.arguments.split(separator: " ").map(String.init))
      #expect(result.code == bad.code, "\(bad.arguments): \(result.error)")
      #expect(!result.wasKilled, "\(bad.arguments): \(result.error)")
      #expect(result.output.isEmpty, "\(bad.arguments)")
      let message = result.error.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      for part in bad.says { #expect(message.contains(part), "\(bad.arguments): \(message)") }
    }
    #expect(tool.names.map { [Array($0.utf8), tool.bytes($0) ?? []] } == before)
  }

  @Test func instructionSetThatTheProcessorLacksIsAUsageErrorThatListsTheOthers() throws {
    let lacking = InstructionSet.allCases.filter { !$0.isAvailable }
    for set in lacking {
      let result = try BuiltTool().run("tour", "--isa", set.rawValue)
      #expect(result.code == 64)
      #expect(result.error.contains(InstructionSet.available.map(\.rawValue).joined(separator: ", ")))
    }
  }

  @Test func damagedWeightsAreRefusedWhereverTheyEnd() throws {
    let tool = try makeTool()
    let whole = try #require(tool.bytes("lstm.safetensors"))
    for length in stride(from: 0, to: whole.count, by: 31) {
      try tool.write(Array(whole.prefix(length)), to: "cut.safetensors")
      let result = try tool.run("run", "cut.safetensors", "--input", "in.npz", "--output", "out.npz")
      #expect(result.code == 1 && !result.wasKilled, "\(length): \(result.error)")
      #expect(result.error.contains("cut.safetensors"), "\(length): \(result.error)")
      #expect(!tool.names.contains("out.npz"))
    }
  }

  @Test func damagedCheckpointsAreRefusedOrTheSame() throws {
    let tool = try makeTool()
    let whole = try #require(tool.bytes("rnn.safetensors"))
    for place in stride(from: 3, to: min(whole.count, 5000), by: 211) {
      var bytes = whole
      bytes[place] ^= 0x15
      try tool.write(bytes, to: "cut.safetensors")
      let result = try tool.run("sample", "cut.safetensors", "--length", "2")
      #expect((0...1).contains(result.code) && !result.wasKilled, "byte \(place): \(result.error)")
    }
  }
}
