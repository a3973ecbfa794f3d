import Recurrent
import RecurrentTestSupport
import Testing

/// A variant that a cell cannot have stops with a message that says so.
@Suite struct VariantPreconditionTests {
  @Test func tooFewActivations() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LSTMCell(inputSize: 2, hiddenSize: 3, activations: [.sigmoid])
    }
    expect(result, "LSTMCell: activations has 1 elements, expected 3")
  }

  @Test func aNegativeClip() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GRU(inputSize: 2, hiddenSize: 3, clip: -1)
    }
    expect(result, "GRUCell: clip is -1.0, expected at least 0, or nil for no bounds")
  }

  private func expect(_ result: ExitTest.Result?, _ message: String) {
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(message), "\(text)")
  }

  @Test func namingPyTorchsActivationsIsNoVariant() {
    let cell = LSTMCell(inputSize: 2, hiddenSize: 3, activations: [.sigmoid, .tanh, .tanh])
    #expect(cell.variant == CellVariant())
    #expect(GRUCell(inputSize: 2, hiddenSize: 3, reset: .beforeProduct).variant.resetsBeforeProduct)
    #expect(RNNCell(inputSize: 2, hiddenSize: 3, nonlinearity: .relu).variant.activations == [.relu])
  }

  @Test func variantsDrawPyTorchsWeightsFirst() {
    let standard = LSTMCell(inputSize: 2, hiddenSize: 3, generator: Generator(seed: 5))
    let variant = LSTMCell(
      inputSize: 2, hiddenSize: 3, peepholes: true, clip: 1, trainableInitialState: true,
      generator: Generator(seed: 5))
    for (name, tensor) in standard.parameters {
      #expect(variant.parameters[name]!.isBitwiseEqual(to: tensor), "\(name)")
    }
    #expect(
      variant.parameters.names.suffix(3) == ["weight_peephole", "initial_hidden", "initial_cell"])
    #expect(variant.parameters["initial_cell"]!.doubles == [0, 0, 0])
  }
}
