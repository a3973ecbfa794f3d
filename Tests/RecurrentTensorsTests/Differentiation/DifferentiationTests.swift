import Recurrent
import RecurrentTensors
import RecurrentTestSupport
import Testing

@Suite struct DifferentiationTests {
  @Test func valueAndGradientOfASquare() {
    let (value, gradients) = valueAndGradients(at: [Tensor([1, 2, 3])]) { ($0[0] * $0[0]).sum() }
    #expect(value.item() == 14)
    #expect(gradients[0].scalars(as: Float.self) == [2, 4, 6])
    #expect(!value.isWatched && !gradients[0].isWatched)
  }

  @Test func unusedInputHasZeroGradient() {
    let (_, gradients) = valueAndGradients(at: [Tensor([1]), Tensor([4, 5])]) { $0[0].sum() }
    #expect(gradients[1].scalars(as: Float.self) == [0, 0])
  }

  @Test func gradientsDoNotPassDetached() {
    let (_, gradients) = valueAndGradients(at: [Tensor([3])]) { ($0[0] * $0[0].detached()).sum() }
    #expect(gradients[0].scalars(as: Float.self) == [3])
  }

  @Test func nothingIsRecordedUnwatched() {
    #expect(!(Tensor([1]) + Tensor([2])).isWatched)
    #expect((Tensor([1]).watched() + Tensor([2])).isWatched)
  }

  @Test func oneDerivativeServesSeveralOutputs() {
    let (_, gradients) = valueAndGradients(at: [Tensor([1, 2])]) { inputs in
      let x = inputs[0].detached()
      let both = Tensor.recorded([x * 2, x * 3, x * 5], from: inputs) { gradients in
        #expect(gradients[1] == nil)
        return [gradients[0]! * 2 + gradients[2]! * 5]
      }
      return both[0].sum() + both[2].sum()
    }
    #expect(gradients[0].scalars(as: Float.self) == [7, 7])
  }

  @Test func gradientsOfSharedStepsAreAdded() {
    let (_, gradients) = valueAndGradients(at: [Tensor([2])]) { inputs in
      let y = inputs[0] * 3
      return (y + y * y + inputs[0]).sum()
    }
    #expect(gradients[0].scalars(as: Float.self) == [3 + 2 * 6 * 3 + 1])
  }

  @Test func chainOfTwentyThousandStepsIsFreed() {
    let (value, gradients) = valueAndGradients(at: [Tensor([1])]) { inputs in
      var x = inputs[0]
      for _ in 0..<20_000 { x = -x }
      return x.sum()
    }
    #expect(value.item() == 1 && gradients[0].item() == 1)
  }

  @Test func innerGradientsLeaveOuterOnesAlone() {
    let (_, gradients) = valueAndGradients(at: [Tensor([2])]) { outer in
      let (_, inner) = valueAndGradients(at: [Tensor([5])]) { ($0[0] * outer[0]).sum() }
      return (outer[0] * inner[0]).sum()
    }
    #expect(gradients[0].scalars(as: Float.self) == [2])
  }
}
