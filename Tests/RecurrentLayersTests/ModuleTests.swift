import Recurrent
import RecurrentTestSupport
import Testing

@Suite struct ModuleTests {
  struct Tagger: Module {
    var embedding = Embedding(count: 4, size: 3, generator: Generator(seed: 1))
    var layers = [
      Linear(inputSize: 3, outputSize: 2, generator: Generator(seed: 2)),
      Linear(inputSize: 2, outputSize: 2, bias: false, generator: Generator(seed: 3)),
    ]
    var dropout = Dropout(0.5, generator: Generator(seed: 4))
    var lstm = LSTM(inputSize: 2, hiddenSize: 3, bidirectional: true, projectionSize: 1)

    mutating func visitParameters(_ visitor: inout ParameterVisitor) {
      visitor.visit("embedding", &embedding)
      visitor.visit("layers", &layers)
      visitor.visit("dropout", &dropout)
      visitor.visit("lstm", &lstm)
    }
  }

  @Test func parametersHaveDottedNamesInTheOrderOfTheVisit() {
    #expect(
      Tagger().parameters.names == [
        "embedding.weight", "layers.0.weight", "layers.0.bias", "layers.1.weight",
        "lstm.weight_ih_l0", "lstm.weight_hh_l0", "lstm.bias_ih_l0", "lstm.bias_hh_l0", "lstm.weight_hr_l0",
        "lstm.weight_ih_l0_reverse", "lstm.weight_hh_l0_reverse", "lstm.bias_ih_l0_reverse",
        "lstm.bias_hh_l0_reverse", "lstm.weight_hr_l0_reverse",
      ])
    #expect(Tagger().parameters["layers.0.bias"]?.shape == [2])
    #expect(Tagger().parameters["layers.1.bias"] == nil)
    #expect(Tagger().parameters.elementCount == 12 + 6 + 2 + 4 + 2 * (24 + 12 + 12 + 12 + 3))
  }

  @Test func updateReplacesParametersOfThisValueOnly() {
    let original = Tagger()
    var copy = original
    copy.updateParameters { _, parameter in parameter = parameter * 0 }
    #expect(copy.parameters.tensors.allSatisfy { $0.doubles.allSatisfy { $0 == 0 } })
    #expect(original.parameters["layers.0.weight"]!.doubles.allSatisfy { $0 != 0 })
  }

  @Test func setTrainingReachesEveryInnerModule() {
    var model = Tagger()
    #expect(model.dropout.isTraining)
    model.setTraining(false)
    #expect(!model.dropout.isTraining)
    model.setTraining(true)
    #expect(model.dropout.isTraining)
  }

  @Test func loadTakesTensorsInAnyOrder() throws {
    var model = Tagger()
    let other = model.parameters.map { ($0.name, $0.tensor + 1) }
    try model.load(ParameterList(other.reversed()))
    for (name, tensor) in other { expectSameBits(model.parameters[name]!, tensor, name) }
  }

  static let misfits: [(ParameterError.Kind, String, @Sendable (inout [ParameterList.Element]) -> Void)] = [
    (.missing, "layers.0.bias", { $0.remove(at: 2) }),
    (.unknown, "extra", { $0.append(("extra", Tensor([1]))) }),
    (.shape, "layers.0.bias", { $0[2].tensor = Tensor([1, 2, 3]) }),
    (.dtype, "layers.0.bias", { $0[2].tensor = $0[2].tensor.asType(.float64) }),
  ]

  @Test(arguments: misfits.indices)
  func loadRefusesWhatDoesNotFitAndChangesNothing(_ index: Int) {
    let (kind, name, spoil) = Self.misfits[index]
    var model = Tagger()
    let before = model.parameters
    var tensors = before.map { (name: $0.name, tensor: $0.tensor + 1) }
    spoil(&tensors)
    let error = #expect(throws: ParameterError.self) { try model.load(ParameterList(tensors)) }
    #expect(error?.kind == kind)
    #expect(error?.name == name)
    for (name, tensor) in before { expectSameBits(model.parameters[name]!, tensor, name) }
  }

  @Test func errorsNameWhatWasFoundAndExpected() {
    var linear = Linear(inputSize: 2, outputSize: 3, bias: false)
    let error = #expect(throws: ParameterError.self) {
      try linear.load(ParameterList([("weight", Tensor([1, 2, 3]))]))
    }
    #expect(error?.description == "parameter weight (shape): found float32 [3], expected float32 [3, 2]")
  }
}

@Suite struct GradientsTests {
  struct Product: Module {
    var a = Tensor([2, 3])
    var b = Tensor([5, 7])
    var unused = Tensor([1])

    mutating func visitParameters(_ visitor: inout ParameterVisitor) {
      visitor.visit("a", &a)
      visitor.visit("b", &b)
      visitor.visit("unused", &unused)
    }
  }

  private var gradients: Gradients { valueAndGradients(of: Product()) { ($0.a * $0.b).sum() }.gradients }

  @Test func everyParameterHasItsDerivative() {
    let (loss, gradients) = valueAndGradients(of: Product()) { ($0.a * $0.b).sum() }
    #expect(loss.item() == 31)
    #expect(gradients.names == ["a", "b", "unused"])
    expectSameBits(gradients["a"]!, Tensor([5, 7]))
    expectSameBits(gradients["b"]!, Tensor([2, 3]))
    expectSameBits(gradients["unused"]!, Tensor([0]))
  }

  @Test func gradientsAddAndScaleParameterByParameter() {
    let sum = gradients + gradients.scaled(by: 3)
    expectSameBits(sum["a"]!, Tensor([20, 28]))
    expectSameBits(sum["b"]!, Tensor([8, 12]))
  }

  @Test func aStateCarriedOutIsDetached() {
    let lstm = LSTM(inputSize: 1, hiddenSize: 2)
    var carried: LSTMState?
    for window in 0..<3 {
      let input = Tensor(testValues: [2, 1, 1], seed: UInt64(window)).asType(.float32)
      let result = valueAndGradients(of: lstm) { lstm in
        let (output, state) = lstm(input, initialState: carried)
        carried = state.detached()
        return output.sum()
      }
      #expect(result.gradients["weight_hh_l0"]!.doubles.contains { $0 != 0 })
    }
  }
}
