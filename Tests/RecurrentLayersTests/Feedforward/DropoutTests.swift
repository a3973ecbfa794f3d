import Recurrent
import RecurrentTestSupport
import Testing

@Suite struct DropoutTests {
  static let input = Tensor(testValues: [4, 5]).asType(.float32)

  /// torch.manual_seed(5); torch.nn.functional.dropout(torch.ones(20), 0.3) keeps all but these.
  @Test func masksArePyTorchs() {
    let output = Dropout(0.3, generator: Generator(seed: 5))(Tensor(ones: [20]))
    let dropped = [5, 7, 8, 12, 18]
    let expected = (0..<20).map { dropped.contains($0) ? Float(0) : 1 / 0.7 }
    expectSameBits(output, Tensor(expected))
  }

  @Test func nothingHappensOutsideOfTraining() {
    var layer = Dropout(0.5, generator: Generator(seed: 5))
    layer.setTraining(false)
    expectSameBits(layer(Self.input), Self.input)
  }

  @Test func theExtremesDrawNothing() {
    let generator = Generator(seed: 5)
    expectSameBits(Dropout(0, generator: generator)(Self.input), Self.input)
    #expect(Dropout(1, generator: generator)(Self.input).doubles.allSatisfy { $0 == 0 })
    #expect(generator.random() == Generator(seed: 5).random())
  }

  @Test(arguments: [DType.float32, .float64])
  func whatIsKeptIsScaledInTheWorkingType(_ dtype: DType) {
    let output = Dropout(0.3, generator: Generator(seed: 5))(Tensor(ones: [20], dtype: dtype))
    let scale = dtype == .float32 ? Double(1 / Float(0.7)) : 1 / 0.7
    #expect(output.doubles.allSatisfy { $0 == 0 || $0 == scale })
  }

  @Test func gradientsPassWhereElementsWereKept() {
    let layer = Dropout(0.5, generator: Generator(seed: 9))
    var output = Self.input
    let (_, gradients) = valueAndGradients(at: [Tensor(ones: [20])]) { inputs in
      output = layer(inputs[0])
      return output.sum()
    }
    expectSameBits(gradients[0], output.detached())
  }
}
