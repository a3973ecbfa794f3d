import Recurrent
import RecurrentInterchange
import Testing

@Suite struct KerasMapTests {
  private let keras: ForeignFixtures

  init() throws { keras = try ForeignFixtures("keras") }

  @Test(
    arguments: ["rnn", "lstm", "gru", "gru-before", "lstm-stack", "gru-bidirectional", "lstm-unbiased"],
    ["", "-named"])
  func kerassLayersComputeWhatTheyDidThere(name: String, ending: String) throws {
    let file = try NetworkFile(reading: keras.path("\(name)\(ending).npz"))
    #expect(file.system == .keras && file.networks.count == 1)
    try keras.expectSameResults(file.networks[0], as: name)
    let network = file.networks[0]
    #expect(network.variant.resetsBeforeProduct == (name == "gru-before"))
    #expect(network.network.isBidirectional == (name == "gru-bidirectional"))
    let unused = Set(file.tensors.names).subtracting(network.usedTensors)
    #expect(unused == (name == "lstm-stack" && ending.isEmpty ? ["arr_9", "arr_10"] : []))
  }

  /// Arrays as `np.savez(path, *arrays)` names them.
  private func numbered(_ shapes: [[Int]], _ hints: [String: Float] = [:]) -> NamedTensors {
    var tensors = NamedTensors(shapes.enumerated().map { ("arr_\($0)", Tensor(zeros: $1)) })
    for (name, value) in hints { tensors[name] = Tensor(scalar: value) }
    return tensors
  }

  @Test func twoLayersThatCouldBeTwoDirectionsAreRefused() throws {
    let pair = [[4, 16], [4, 16], [16], [4, 16], [4, 16], [16]]
    let error = expectError(.ambiguousNetwork) { try NetworkFile(numbered(pair)) }
    #expect(error?.advice.contains("w.path") == true)
    for (hint, layers, directions) in [(0 as Float, 2, 1), (1, 1, 2)] {
      let network = try NetworkFile(numbered(pair, ["bidirectional": hint])).networks[0].network
      #expect(network.layerCount == layers && network.directionCount == directions)
    }
    #expect(try NetworkFile(numbered(pair + [[8, 1], [1]])).networks[0].network.isBidirectional)
    #expect(try !NetworkFile(numbered(pair + [[4, 1], [1]])).networks[0].network.isBidirectional)
  }

  @Test func parametersAreCountedAsTheFileHasThem() throws {
    for (shapes, count) in [([[3, 16], [4, 16], [16]], 128), ([[3, 12], [4, 12], [2, 12]], 108)] {
      let file = try NetworkFile(numbered(shapes))
      #expect(file.parameterCount(of: file.networks[0]) == count)
    }
  }

  @Test func manyLayersAreToldApartInTimeThatGrowsWithThem() throws {
    let pair = [[1, 4], [1, 4], [4], [1, 4], [1, 4], [4], [1, 9], [9]]
    let tensors = numbered((0..<2000).flatMap { _ in pair })
    let start = ContinuousClock.now
    #expect(try NetworkFile(tensors).networks.count == 2000)
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test func aGRUWithoutBiasMustTellItsReset() throws {
    expectError(.missingTensor) { try NetworkFile(numbered([[3, 12], [4, 12]])) }
    for hint in [0, 1] as [Float] {
      let networks = try NetworkFile(numbered([[3, 12], [4, 12]], ["reset_after": hint])).networks
      #expect(networks[0].variant.resetsBeforeProduct == (hint == 0))
    }
  }

  @Test func matricesThatCouldBeAnythingAreRefused() {
    expectError(.ambiguousNetwork) { try NetworkFile(numbered([[3, 4], [4, 4]])) }
  }

  @Test func otherArraysAreNoNetworks() throws {
    #expect(try NetworkFile(numbered([[3, 4], [4], [4, 2], [2]])).networks.isEmpty)
    #expect(try NetworkFile(numbered([])).networks.isEmpty)
    #expect(try NetworkFile(["arr_1": Tensor(zeros: [3, 4])]).networks.isEmpty)
    #expect(try NetworkFile(["x": Tensor([1])]).networks.isEmpty)
  }

  @Test func layersAroundADenseOneAreTwoNetworks() throws {
    let lstm = [[4, 16], [4, 16], [16]]
    let networks = try NetworkFile(numbered([[9, 4]] + lstm + [[4, 4], [4]] + lstm)).networks
    #expect(networks.map(\.usedTensors) == [["arr_1", "arr_2", "arr_3"], ["arr_6", "arr_7", "arr_8"]])
  }

  @Test func namedArraysOfOtherShapesAreRefused() {
    let base: NamedTensors = [
      "a/kernel": Tensor(zeros: [3, 16]), "a/recurrent_kernel": Tensor(zeros: [4, 16]),
      "a/bias": Tensor(zeros: [16]),
    ]
    for (name, shape) in [
      ("kernel", [3, 15]), ("kernel", [16]), ("recurrent_kernel", [4, 15]), ("bias", [2, 16]),
    ] {
      var tensors = base
      tensors["a/" + name] = Tensor(zeros: shape)
      expectError(.misshapenTensor, "\(name) \(shape)") { try NetworkFile(tensors) }
    }
  }

  @Test func kerassFormIsOnlyRead() throws {
    let network = try StoredNetwork(weights: SampleNetworks.weights(.gru), usedTensors: [])
    expectError(.inexpressible) { try NetworkFormat.keras.encode(network) }
  }
}
