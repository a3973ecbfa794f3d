import RecurrentKernels
import RecurrentLayers
import RecurrentTensors
import RecurrentTraining
import Testing

/// The first steps by hand, and what an optimizer keeps; equality with PyTorch is tested against its goldens.
@Suite struct OptimizerTests {
  struct Vector: Module {
    var values: Tensor
    mutating func visitParameters(_ visitor: inout ParameterVisitor) { visitor.visit("values", &values) }
  }

  private func gradients(_ values: [Double]) -> Gradients {
    Gradients([("values", Tensor(values, shape: [values.count]))])
  }

  private func run(_ optimizer: inout some Optimizer, from start: [Double], along steps: [[Double]])
    -> [Double]
  {
    var model = Vector(values: Tensor(start, shape: [start.count]))
    for step in steps { optimizer.update(&model, along: gradients(step)) }
    return model.values.scalars()
  }

  @Test func plainDescentGoesAgainstTheGradient() {
    var optimizer = SGD(learningRate: 0.5)
    #expect(run(&optimizer, from: [1, -1], along: [[2, 0.5], [1, 1]]) == [-0.5, -1.75])
    #expect(optimizer.stepCount == 2)
  }

  @Test func momentumKeepsThePartOfTheStepBefore() {
    var heavy = SGD(learningRate: 1, momentum: 0.5, dampening: 0.25)
    // b = 8, then 0.5 * 8 + 0.75 * 4 = 7.
    #expect(run(&heavy, from: [0], along: [[8], [4]]) == [-15])
    var nesterov = SGD(learningRate: 1, momentum: 0.5, nesterov: true)
    // g + 0.5 b = 8 + 4, then b = 8, 4 + 4.
    #expect(run(&nesterov, from: [0], along: [[8], [4]]) == [-20])
  }

  @Test func weightDecayPullsTowardsZero() {
    var optimizer = SGD(learningRate: 0.5, weightDecay: 0.25)
    #expect(run(&optimizer, from: [8], along: [[0]]) == [7])
    var decoupled = AdamW(learningRate: 0.5, weightDecay: 0.25)
    #expect(run(&decoupled, from: [8], along: [[0]]) == [7])
  }

  @Test func theFirstStepOfAdamHasTheSizeOfTheLearningRate() {
    var optimizer = Adam(learningRate: 0.125, epsilon: 0)
    let moved = run(&optimizer, from: [0, 0, 0], along: [[1e-20, -3, 1e20]])
    for (found, expected) in zip(moved, [-0.125, 0.125, -0.125]) { #expect(abs(found - expected) < 1e-15) }
  }

  @Test func parametersSharedByACopyStayAsTheyWere() {
    var model = Vector(values: Tensor([1, 2]))
    let before = model
    var optimizer = SGD(learningRate: 1)
    optimizer.update(&model, along: Gradients([("values", Tensor([1, 1]))]))
    #expect(before.values.scalars() == [1, 2] as [Float])
    #expect(model.values.scalars() == [0, 1] as [Float])
  }

  @Test func parametersThatNobodyElseHoldsAreWrittenInPlace() {
    var model = CharacterModel(
      vocabularySize: 3, .init(hiddenSize: 2, embeddingSize: 2), generator: Generator(seed: 1))
    let gradients = Gradients(model.parameters.map { ($0.name, Tensor(zeros: $0.tensor.shape)) })
    func blocks() -> [ObjectIdentifier] { model.parameters.tensors.map { ObjectIdentifier($0.storage) } }
    let before = blocks()
    var optimizer = Adam()
    optimizer.update(&model, along: gradients)
    #expect(blocks() == before)
  }

  @Test func stateHasPyTorchsNames() {
    var model = Vector(values: Tensor([1, 2]))
    var adam = Adam()
    #expect(adam.state.names == ["step"])
    adam.update(&model, along: Gradients([("values", Tensor([1, 1]))]))
    #expect(adam.state.names == ["step", "values.exp_avg", "values.exp_avg_sq"])
    #expect(adam.state["step"]!.scalars() == [1 as Int64])
    var sgd = SGD(momentum: 0.5)
    sgd.update(&model, along: Gradients([("values", Tensor([1, 1]))]))
    #expect(sgd.state.names == ["step", "values.momentum_buffer"])
  }

  @Test(arguments: TrainingConfiguration.OptimizerKind.allCases)
  func goesOnFromItsStateWithTheSameBits(kind: TrainingConfiguration.OptimizerKind) throws {
    var model = Vector(values: Tensor([1, 2, 3]))
    var optimizer = kind.makeOptimizer(learningRate: 0.1)
    optimizer.update(&model, along: Gradients([("values", Tensor([1, -1, 0.5]))]))
    var other = kind.makeOptimizer(learningRate: 0.1)
    var copy = model
    try other.load(optimizer.state, for: copy)
    for gradient in [Tensor([0.25, 1, -2]), Tensor([-1, 0, 3])] {
      optimizer.update(&model, along: Gradients([("values", gradient)]))
      other.update(&copy, along: Gradients([("values", gradient)]))
    }
    #expect(model.values.isBitwiseEqual(to: copy.values))
    #expect(other.stepCount == 3)
  }

  @Test func saysWhatIsWrongWithAState() throws {
    let model = Vector(values: Tensor([1, 2]))
    let step = Tensor(scalar: 1 as Int64)
    let moment = Tensor([0, 0])
    func kind(_ entries: [ParameterList.Element]) -> (TrainingError.Kind?, String?) {
      var adam = Adam()
      let error = #expect(throws: TrainingError.self) { try adam.load(ParameterList(entries), for: model) }
      #expect(adam.stepCount == 0)
      return (error?.kind, error?.place)
    }
    #expect(kind([]) == (.missingTensor, "optimizer.step"))
    #expect(kind([("step", Tensor([1]))]) == (.wrongShape, "optimizer.step"))
    #expect(kind([("step", Tensor(scalar: -1 as Int64))]) == (.invalidValue, "optimizer.step"))
    #expect(
      kind([("step", step), ("values.exp_avg", moment)]) == (.missingTensor, "optimizer.values.exp_avg_sq"))
    #expect(
      kind([("step", step), ("values.exp_avg", Tensor([0, 0, 0]))]) == (
        .wrongShape, "optimizer.values.exp_avg"
      ))
    let full = [("step", step), ("values.exp_avg", moment), ("values.exp_avg_sq", moment)]
    #expect(kind(full + [("values.momentum_buffer", moment)]).0 == .unexpectedTensor)
  }
}
