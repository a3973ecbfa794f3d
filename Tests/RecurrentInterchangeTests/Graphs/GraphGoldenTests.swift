import Foundation
import Recurrent
import RecurrentTestSupport
import Testing

/// Graphs that ONNX Runtime and PyTorch computed; `make_graph_goldens.py` made them.
struct GraphGoldenTests {
  private struct GraphCase: Decodable, Sendable {
    let title: String
    let model: String
  }

  /// The cell's products are summed in another order than theirs.
  private static let tolerance = 1e-5

  @Test(arguments: ["recurrent", "operators", "exported"]) func outputsAreTheirs(file: String) throws {
    let cases = try Golden<GraphCase>.load("Graphs/\(file)")
    #expect(cases.count >= 4)
    for golden in cases {
      let title = "\(golden.name) \(golden.configuration.title)"
      let bytes = [UInt8](try #require(Data(base64Encoded: golden.configuration.model)))
      let model = try OnnxModel(decoding: bytes, name: golden.name)
      let expected = golden.tensors.droppingPrefix("out.")
      let given = golden.tensors.droppingPrefix("in.")
      guard let outputs = attempt(title, { try model.run(given) }) else { continue }
      #expect(outputs.names == model.outputs.map(\.name), "\(title)")
      for output in model.outputs where expected[output.name] != nil {
        let (ours, theirs) = (outputs[output.name]!, expected[output.name]!)
        if theirs.dtype == .int64 {
          #expect(ours.isBitwiseEqual(to: theirs), "\(title) \(output.name): \(ours), expected \(theirs)")
        } else {
          expectClose(ours, theirs, tolerance: Self.tolerance, "\(title) \(output.name)")
        }
      }
    }
  }

  private func attempt(_ title: String, _ body: () throws -> NamedTensors) -> NamedTensors? {
    do {
      return try body()
    } catch {
      Issue.record("\(title): \(error)")
      return nil
    }
  }

  @Test func initializersAreTensors() throws {
    for golden in try Golden<GraphCase>.load("Graphs/exported") {
      let bytes = [UInt8](try #require(Data(base64Encoded: golden.configuration.model)))
      let model = try OnnxModel(decoding: bytes)
      let tensors = try TensorFile.decode(bytes)
      #expect(tensors.names == model.tensors.names && !tensors.isEmpty)
      #expect(model.producer.hasPrefix("pytorch"))
      #expect(model.requiredInputs.map(\.description) == ["x int64 [first, second]"], "\(model.inputs)")
    }
  }
}
