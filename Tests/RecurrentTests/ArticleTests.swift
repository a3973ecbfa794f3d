import Foundation
import Recurrent
import RecurrentTestSupport
import Testing

/// The code in the DocC articles, word for word (`.ci/check-snippets` compares), and what it computes.
@Suite struct ArticleTests {
  @Test func layersTakePyTorchsArguments() {
    func print(_ shape: Shape) { printed.append(shape) }
    var printed: [Shape] = []
    let x = Tensor(ones: [3, 7, 5])

    manualSeed(0)
    let lstm = LSTM(inputSize: 5, hiddenSize: 8, layerCount: 2, batchFirst: true, bidirectional: true)
    let (output, state) = lstm(x)  // x [N, T, 5], output [N, T, 16]
    print(state.hidden.shape)  // [4, N, 8]: never batch first, as in PyTorch
    print(lstm.parameters["weight_ih_l1_reverse"]!.shape)  // [32, 16]
    #expect(output.shape == [3, 7, 16])
    #expect(printed == [[4, 3, 8], [32, 16]])
  }

  @Test func aTrainingStepMovesTheModel() {
    var model = Linear(inputSize: 3, outputSize: 2)
    var optimizer = SGD()
    let (inputs, targets, step) = (
      Tensor(ones: [4, 3]), Tensor([Int64](repeating: 1, count: 4), shape: [4]), 0
    )
    let schedule = ConstantSchedule(learningRate: 0.1)
    let before = crossEntropy(model(inputs), targets).item()

    let (loss, gradients) = valueAndGradients(of: model) { model in
      crossEntropy(model(inputs), targets)  // classes stand last: no transposition for sequences
    }
    let (clipped, norm) = gradients.clipped(toNorm: 5)  // clip_grad_norm_
    optimizer.learningRate = schedule.learningRate(atStep: step)  // scheduler.step()
    optimizer.update(&model, along: clipped)  // optimizer.step()
    #expect(loss.item() == before && norm > 0)
    #expect(crossEntropy(model(inputs), targets).item() < before)
  }

  @Test func variantsOfCellsHaveNames() throws {
    let keras = GRU(inputSize: 5, hiddenSize: 8, reset: .beforeProduct)
    let timing = LSTM(inputSize: 5, hiddenSize: 8, peepholes: true)
    let small = LSTM(inputSize: 5, hiddenSize: 8, couplesInputAndForget: true, clip: 3)
    let fast = GRU(inputSize: 5, hiddenSize: 8, activations: [.hardSigmoid(alpha: 0.2, beta: 0.5), .tanh])
    let smooth = RNN(inputSize: 5, hiddenSize: 8, nonlinearity: .softplus)
    let warm = LSTM(inputSize: 5, hiddenSize: 8, trainableInitialState: true)
    #expect(keras.reset == .beforeProduct && smooth.nonlinearity == .softplus && fast.variant.clip == nil)
    #expect(timing.parameters["weight_peephole_l0"]?.shape == [24])
    #expect(warm.parameters["initial_cell_l0"]?.shape == [8])

    let tensors = NamedTensors(small.parameters)
    let copy = try LSTM(from: tensors, variant: small.variant)
    expectSameBits(copy(Tensor(ones: [3, 5])).output, small(Tensor(ones: [3, 5])).output)
  }

  @Test func aSequenceOfLengthZeroKeepsItsState() {
    let gru = GRU(inputSize: 2, hiddenSize: 4)
    let batch = Tensor(ones: [7, 3, 2])

    let (padded, final) = gru(batch, lengths: [3, 0, 7])  // batch [T 7, N 3, I]
    expectSameBits(padded.slice(axis: 1, 1..<2), Tensor(zeros: [7, 1, 4]))
    expectSameBits(final[0][1], Tensor(zeros: [4]))
    expectSameBits(final[0][0], padded[2][0])
  }

  @Test func aFileOfWeightsBecomesALayer() throws {
    let folder = URL.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (path, results) = (folder.path + "/model.safetensors", folder.path + "/out.npz")
    let trained = LSTM(inputSize: 3, hiddenSize: 4)
    let parameters = trained.parameters.map { (name: "encoder." + $0.name, tensor: $0.tensor) }
    try SafeTensors.write(NamedTensors(parameters), to: path)
    let sequence = Tensor(ones: [5, 3])

    let tensors = try SafeTensors.read(path)
    let encoder = try LSTM(from: tensors, prefix: "encoder.")
    try NPZ.write(["output": encoder(sequence).output], to: results)  // np.load reads it
    expectSameBits(try #require(NPZ.read(results)["output"]), trained(sequence).output)
  }

  @Test func aFileOfAnySystemBecomesALayer() throws {
    let folder = URL.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.path + "/model"
    let trained = LSTM(inputSize: 3, hiddenSize: 4)
    let parameters = trained.parameters.map { (name: "encoder." + $0.name, tensor: $0.tensor) }
    try NPZ.write(NamedTensors(parameters), to: path)
    var printed: [String] = []
    func print(_ items: Any...) { printed.append(items.map { "\($0)" }.joined(separator: " ")) }

    let file = try NetworkFile(reading: path)  // of any system
    for network in file.networks { print(network.name, network.network) }
    let lstm = try LSTM(file.networks[0])
    #expect(printed == ["encoder. LSTM: input 3, hidden 4, 1 layer, bias, float32"])
    let sequence = Tensor(ones: [5, 3])
    expectSameBits(lstm(sequence).output, trained(sequence).output)
  }

  @Test func aLongSequenceIsTrainedInLittleMemory() {
    struct Tagger: Module {
      var lstm = LSTM(inputSize: 2, hiddenSize: 3)
      var head = Linear(inputSize: 3, outputSize: 1)
      mutating func visitParameters(_ visitor: inout ParameterVisitor) {
        visitor.visit("lstm", &lstm)
        visitor.visit("head", &head)
      }
    }
    var model = Tagger()
    let generator = Generator(seed: 1)
    let recording = generator.uniform([600, 2], from: -1, to: 1)
    let target = generator.uniform([600, 1], from: -1, to: 1)
    func gradients(_ model: Tagger) -> Gradients {
      valueAndGradients(of: model) { model in
        meanSquaredError(model.head(model.lstm(recording).output), target)
      }.gradients
    }
    let plain = gradients(model)

    model.lstm.checkpointing = .everySquareRoot
    let (_, gradients) = valueAndGradients(of: model) { model in
      // recording [T, I], T as long as you like
      meanSquaredError(model.head(model.lstm(recording).output), target)
    }
    for (one, other) in zip(gradients.entries, plain.entries) {
      expectSameBits(one.tensor, other.tensor, one.name)
    }
  }

  @Test func optionsChangeNoBit() {
    let lstm = LSTM(inputSize: 5, hiddenSize: 17, layerCount: 2)
    let x = Tensor(testValues: [6, 9, 5]).asType(.float32)

    let plain = withComputeOptions(ComputeOptions(instructionSet: .scalar, threadCount: 1)) { lstm(x).output }
    let fast = lstm(x).output  // the widest instructions, all cores
    precondition(fast.isBitwiseEqual(to: plain))
    expectSameBits(fast, plain)
  }

  @Test func aModelOfTextLearnsWritesAndGoesOn() throws {
    let text = String(repeating: "hello olleh lleel\n", count: 12)
    let folder = URL.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.path + "/run.safetensors"
    var printed: [String] = []
    func print(_ items: Any...) { printed.append(items.map { "\($0)" }.joined(separator: " ")) }

    let configuration = TrainingConfiguration(
      model: .init(cell: .gru, hiddenSize: 16, layerCount: 1),
      batchSize: 4, windowLength: 8, learningRate: 0.01, seed: 1)
    let trainer = try TextTrainer(configuration, text: text)
    while trainer.epoch < 3 {
      let step = trainer.step()
      if let validation = step.validation { print(step.number, step.loss, validation.bitsPerUnit) }
    }
    #expect(printed.count == 3)

    var sampler = TextSampler(model: trainer.model, vocabulary: trainer.vocabulary, temperature: 0.7, seed: 1)
    try sampler.read("hello")
    print(sampler.write(40))
    #expect(printed[3].unicodeScalars.count == 40)

    let state = trainer.state
    try SafeTensors.write(NamedTensors(state.tensors, metadata: state.metadata), to: path)

    let file = try SafeTensors.read(path)
    let saved = TrainingState(tensors: ParameterList(file), metadata: file.metadata)
    let resumed = try TextTrainer(resuming: saved, text: text)
    #expect(resumed.step() == trainer.step())
  }
}
