import Recurrent
import RecurrentInterchange
import Testing

/// Files that other systems wrote, and what they computed; made by `make_network_fixtures.py`.
struct ForeignFixtures {
  /// Another system adds in another order, and its exponentials are others: a few roundings per step.
  static let tolerance: Float = 1e-5

  let system: String
  private let expected: NamedTensors

  init(_ system: String) throws {
    self.system = system
    expected = try SafeTensors.read(fixture("../Networks/\(system)-expected.safetensors"))
  }

  /// The path of a file.
  func path(_ name: String) -> String { fixture("../Networks/\(system)-\(name)") }

  /// The networks of a file.
  func networks(_ name: String) throws -> [StoredNetwork] { try NetworkFile(reading: path(name)).networks }

  /// Expects that a network computes what the other system did in `name`.
  func expectSameResults(
    _ network: StoredNetwork, as name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let output = try network.output(for: expected[name + ".input"]!)
    let theirs = expected[name + ".output"]!
    #expect(output.shape == theirs.shape, "\(name)", sourceLocation: sourceLocation)
    guard output.shape == theirs.shape else { return }
    let difference = zip(output.scalars(as: Float.self), theirs.scalars(as: Float.self)).map { abs($0 - $1) }
    #expect(difference.max()! < Self.tolerance, "\(name)", sourceLocation: sourceLocation)
  }
}

extension StoredNetwork {
  /// The output `[T, N, O]` of the last level or the head.
  func output(for input: Tensor) throws -> Tensor {
    let output =
      switch network.kind {
      case .lstm: try LSTM(from: weights, prefix: "", variant: variant)(input).output
      case .gru: try GRU(from: weights, prefix: "", variant: variant)(input).output
      case .rnn:
        try RNN(from: weights, prefix: "", nonlinearity: variant.activations?[0] ?? .tanh)(input).output
      }
    guard let head else { return output }
    let sums = Linear(weight: head.weight, bias: head.bias)(output)
    return switch head.activation {
    case .sigmoid: sigmoid(sums)
    case .tanh: tanh(sums)
    default: sums
    }
  }
}
