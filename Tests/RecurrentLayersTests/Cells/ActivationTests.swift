import Recurrent
import RecurrentTestSupport
import Testing

@Suite struct ActivationTests {
  static let all: [Activation] = [
    .tanh, .sigmoid, .relu, .affine(alpha: 0.7, beta: -0.2), .leakyRelu(alpha: 0.1),
    .thresholdedRelu(alpha: 0.35), .scaledTanh(alpha: 1.7, beta: 0.6), .hardSigmoid(alpha: 0.3, beta: 0.55),
    .elu(alpha: 0.8), .softsign, .softplus,
  ]
  static let values = Tensor(testValues: [5, 7], in: -3...3, seed: 41)

  @Test(arguments: all) func valuesAreThoseOfTheDefinition(_ activation: Activation) {
    let expected = Tensor(Self.values.doubles.map(activation.plain), shape: [5, 7], dtype: .float64)
    expectClose(activation(Self.values), expected, tolerance: 1e-15, "\(activation)")
    let narrow = activation(Self.values.asType(.float32))
    expectClose(narrow, expected.asType(.float32), tolerance: 4e-7, "\(activation)")
  }

  @Test(arguments: all) func gradientsMatchDifferences(_ activation: Activation) {
    expectGradientsMatchCentralDifferences(at: [Self.values], "\(activation)") { activation($0[0]) }
  }

  @Test(arguments: all) func notANumberStaysSo(_ activation: Activation) {
    #expect(activation(Tensor([.nan, 1, .nan])).doubles.map(\.isNaN) == [true, false, true])
  }

  @Test func largeNumbersDoNotOverflow() {
    let x = Tensor([-1000, 90, 1000])
    expectClose(Activation.softplus(x), Tensor([0, 90, 1000]), tolerance: 1e-37)
    #expect(Activation.elu(alpha: 0.5)(x).doubles == [-0.5, 90, 1000])
    #expect(Activation.softsign(Tensor([-1e30, 1e30])).doubles == [-1, 1])
  }

  /// PyTorch's choices: `torch.nn.functional`'s functions differentiated at their kinks.
  @Test func derivativesAtKinksArePyTorchs() {
    func slope(_ activation: Activation, at x: Double) -> Double {
      valueAndGradients(at: [Tensor([x], dtype: .float64)]) { activation($0[0]).sum() }.gradients[0].item()
    }
    #expect(slope(.relu, at: 0) == 0)
    #expect(slope(.leakyRelu(alpha: 0.25), at: 0) == 0.25)
    #expect(slope(.thresholdedRelu(alpha: 1), at: 1) == 0)
    #expect(slope(.elu(alpha: 0.5), at: 0) == 0.5)
    #expect(slope(.hardSigmoid(alpha: 0.25, beta: 0.5), at: 2) == 0)
    #expect(slope(.hardSigmoid(alpha: 0.25, beta: 0.5), at: -2) == 0)
  }
}
