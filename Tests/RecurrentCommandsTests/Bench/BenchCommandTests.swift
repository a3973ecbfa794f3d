import Foundation
import Recurrent
import Testing

struct BenchCommandTests {
  private static let quick = ["--seconds", "0.01", "--threads", "1"]

  @Test func listNamesCasesOnly() throws {
    let result = try BuiltTool().run("bench", "--list")
    #expect(result.code == 0)
    let names = result.text.split(separator: "\n")
    #expect(names.count > 40 && names.contains("lstm-train-b64-t100-i128-h256-l1-ragged"))
  }

  @Test func jsonIsTheMachineAndThenALineForEachCase() throws {
    let result = try BuiltTool().run(
      ["bench", "--json", "--case", "lstm-step-b1-t1-i3-h4-l1", "--case", "gru-train-b2-t3-i3-h4-l1"]
        + Self.quick)
    #expect(result.code == 0, "\(result.error)")
    let lines = try result.text.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    try #require(lines.count == 3)
    let machine = try #require(lines[0]["machine"] as? [String: Any])
    #expect((machine["fmaGigaflops"] as? Double ?? 0) > 0)
    #expect(lines[1]["case"] as? String == "lstm-step-b1-t1-i3-h4-l1")
    #expect(lines[1]["p99_us"] != nil && lines[2]["p99_us"] == nil)
    for line in lines.dropFirst() {
      #expect(line["peer"] as? String == "recurrent" && line["threads"] as? Int == 1)
      #expect((line["median_us"] as? Double ?? 0) > 0 && (line["gflops"] as? Double ?? -1) >= 0)
    }
  }

  @Test func tableHasALineForEachCase() throws {
    let result = try BuiltTool().run(
      ["bench", "--case", "rnn-seq-b2-t3-i3-h4-l1"] + Self.quick)
    #expect(result.code == 0)
    #expect(result.text.contains("GFLOP/s of multiply-adds"))
    #expect(result.text.contains("\nrnn-seq-b2-t3-i3-h4-l1 "))
  }

  @Test func dumpedResultsAreTheLayers() throws {
    let tool = try BuiltTool()
    let name = "gru-train-b4-t6-i3-h5-l1-ragged"
    #expect(try tool.run("bench", "--case", name, "--dump", "out").code == 0)
    let tensors = try NPZ.read(tool.path("out/\(name).npz"))
    var gru = GRU(inputSize: 3, hiddenSize: 5)
    try gru.load(ParameterList(gru.parameters.names.map { ($0, try #require(tensors[$0])) }))
    let lengths = try #require(tensors["lengths"]).scalars(as: Int64.self).map { Int($0) }
    let input = try #require(tensors["input"])
    #expect(gru(input, lengths: lengths).output.isBitwiseEqual(to: try #require(tensors["output"])))
    let (_, gradients) = valueAndGradients(of: gru) { square($0(input, lengths: lengths).output).mean() }
    for (name, gradient) in gradients.entries {
      #expect(gradient.isBitwiseEqual(to: try #require(tensors["gradient.\(name)"])))
    }
    #expect(tensors["gradient.input"]?.shape == input.shape)
  }

  @Test func narrowWeightsAreForStepsOnly() throws {
    let step = try BuiltTool().run(
      ["bench", "--json", "--case", "gru-step-b1-t1-i3-h4-l1", "--weights", "bfloat16"] + Self.quick)
    #expect(step.code == 0 && step.text.contains("\"weights\":\"bfloat16\""), "\(step.error)")
    let all = try BuiltTool().run("bench", "--weights", "float16")
    #expect(all.code == 64 && all.error.contains("add --case step"))
  }

  @Test func misspeltCaseIsAUsageError() throws {
    let result = try BuiltTool().run("bench", "--case", "lstm-stp")
    #expect(result.code == 64 && result.output.isEmpty)
    #expect(result.error.contains("did you mean lstm-step?"))
  }
}
