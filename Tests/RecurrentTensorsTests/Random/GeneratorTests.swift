import Foundation
import Recurrent
import RecurrentTestSupport
import Testing

@Suite struct GeneratorTests {
  /// What a golden case draws.
  struct Draw: Decodable {
    let kind: String
    let seed: UInt64
    let count: Int
    let dtype: String
    let a: Double
    let b: Double

    func value(_ generator: Generator) -> Tensor {
      let type = DType(rawValue: dtype)!
      switch kind {
      case "uniform": return generator.uniform([count], from: a, to: b, dtype: type)
      case "normal": return generator.normal([count], mean: a, standardDeviation: b, dtype: type)
      case "normals": return .concatenated([1, 3, 17, 2, 1].map { generator.normal([$0]) })
      case "bernoulli": return generator.bernoulli([count], probability: a, dtype: type)
      default: return Tensor(generator.randperm(count).map { Int64($0) }, shape: [count])
      }
    }

    /// The only draw that goes through functions whose last bit the system decides in PyTorch.
    var isNearlyEqual: Bool { kind == "normal" && dtype == "float64" }
  }

  @Test func drawsAreThoseOfPyTorch() throws {
    let cases = try GoldenFile("Random/random.safetensors").cases(as: Draw.self)
    #expect(cases.count > 250)
    for (key, draw, tensors) in cases {
      let generator = Generator(seed: draw.seed)
      let found = draw.value(generator)
      let expected = tensors["value"]!
      if draw.isNearlyEqual {
        #expect(distance(found, expected, draw.b) <= 4, "\(key) \(draw)")
      } else {
        #expect(found.isBitwiseEqual(to: expected), "\(key) \(draw)")
      }
      #expect(
        generator.uniform([3]).isBitwiseEqual(to: tensors["next"]!), "\(key) \(draw): the place after it")
    }
  }

  /// The largest difference, in ULP of the larger of the value and the deviation.
  private func distance(_ a: Tensor, _ b: Tensor, _ deviation: Double) -> Double {
    let pairs = zip(a.scalars(as: Double.self), b.scalars(as: Double.self))
    return pairs.map { abs($0 - $1) / max(abs($1), deviation).ulp }.max() ?? 0
  }

  @Test(arguments: [0, 1, 15, 700]) func stateBringsBackTheDrawsThatFollow(drawn: Int) throws {
    let generator = Generator(seed: 5)
    _ = generator.uniform([drawn])
    _ = generator.normal([1])
    let state = try #require(GeneratorState(generator.state.tensor))
    #expect(state == generator.state)
    let expected = generator.normal([3])
    let other = Generator()
    other.state = state
    #expect(other.normal([3]).isBitwiseEqual(to: expected))
    #expect(other.state == generator.state)
  }

  @Test func tensorThatIsNoStateIsRefused() {
    let good = Generator(seed: 1).state.tensor.scalars(as: Int64.self)
    func state(_ place: Int, _ value: Int64) -> GeneratorState? {
      var numbers = good
      numbers[place] = value
      return GeneratorState(Tensor(numbers, shape: [628]))
    }
    #expect(state(1, 624) != nil)
    #expect(state(1, 625) == nil && state(1, -1) == nil && state(2, 2) == nil)
    #expect(state(4, -1) == nil && state(627, 1 << 32) == nil)
    #expect(GeneratorState(Tensor(zeros: [628])) == nil)
    #expect(GeneratorState(Tensor(zeros: [627], dtype: .int64)) == nil)
  }

  @Test func manualSeedForgetsTheCachedNormal() {
    let generator = Generator(seed: 1)
    let first = generator.normal([1])
    generator.manualSeed(1)
    #expect(generator.normal([1]).isBitwiseEqual(to: first))
  }

  @Test func unseededGeneratorStartsWherePyTorchDoes() {
    #expect(Generator().state == Generator(seed: 67_280_421_310_721).state)
  }

  @Test func onlyTheLow32BitsOfASeedCount() {
    #expect(Generator(seed: 7).random64() == Generator(seed: 7 + 1 << 32).random64())
  }

  /// Calls from many tasks at once: each gets a run of its own from the one sequence, and none is lost.
  @Test func drawsOfSeveralTasksNeverMix() async {
    let (tasks, size) = (16, 50)
    let whole = Generator(seed: 11).uniform([tasks * size]).scalars(as: Float.self)
    let runs = Set((0..<tasks).map { Array(whole[$0 * size..<($0 + 1) * size]) })
    let shared = Generator(seed: 11)
    let drawn = await withTaskGroup(of: [Float].self) { group in
      for _ in 0..<tasks { group.addTask { shared.uniform([size]).scalars(as: Float.self) } }
      return await group.reduce(into: Set<[Float]>()) { $0.insert($1) }
    }
    #expect(drawn == runs)
  }
}
