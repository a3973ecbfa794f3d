public import RecurrentKernels
import Synchronization

/// A source of random numbers that draws what PyTorch's CPU generator draws from the same seed.
///
/// ```swift
/// let generator = Generator(seed: 1)
/// let weights = generator.uniform([2, 5], from: -0.5, to: 0.5)   // torch: empty(2, 5).uniform_(-0.5, 0.5)
/// ```
///
/// Every draw takes the generator's lock once, so calls from several threads never mix their numbers; which call comes
/// first is then up to the threads. The order inside a call is row-major.
public final class Generator: Sendable {
  private let contents: Mutex<Contents>

  struct Contents: Sendable {
    var engine: MersenneTwister
    var seed: UInt64
    /// The second number of the last pair that ``normal(_:mean:standardDeviation:dtype:)`` drew one by one.
    var cachedNormal: Double?

    init(seed: UInt64) {
      engine = MersenneTwister(seed: seed)
      self.seed = seed
    }
  }

  /// The generator that layers draw their first weights and dropout masks from unless they are given another.
  ///
  /// It starts from a seed that the system provides; see ``manualSeed(_:)``.
  public static let `default` = Generator(seed: UInt64.random(in: 0...UInt64.max))

  /// A generator with a seed; without one, PyTorch's own first seed, 67280421310721.
  ///
  /// Only the low 32 bits of a seed count, as in PyTorch.
  public init(seed: UInt64 = 67_280_421_310_721) { contents = Mutex(Contents(seed: seed)) }

  /// Starts anew from a seed, and forgets a cached normal number. PyTorch: `Generator.manual_seed`.
  public func manualSeed(_ seed: UInt64) { contents.withLock { $0 = Contents(seed: seed) } }

  /// 32 random bits: one draw.
  public func random() -> UInt32 { contents.withLock { $0.engine.random() } }

  /// 64 random bits: two draws, the first is the high word.
  public func random64() -> UInt64 { contents.withLock { $0.engine.random64() } }

  /// Everything that later draws depend on: it can be read, saved, and put back.
  public var state: GeneratorState {
    get { contents.withLock { GeneratorState($0) } }
    set { contents.withLock { $0 = newValue.contents } }
  }

  /// Allocates a tensor and fills it under the lock.
  func filled(
    _ shape: Shape, _ dtype: DType, float: (inout Contents, inout MutableSpan<Float>) -> Void,
    double: (inout Contents, inout MutableSpan<Double>) -> Void, _ name: String
  ) -> Tensor {
    precondition(dtype.isFloatingPoint, "Generator.\(name): dtype is \(dtype), expected float32 or float64")
    return Tensor(made: shape, dtype) { memory in
      contents.withLock { contents in
        if dtype == .float32 {
          memory.write(Float.self, count: shape.elementCount) { float(&contents, &$0) }
        } else {
          memory.write(Double.self, count: shape.elementCount) { double(&contents, &$0) }
        }
      }
    }
  }
}

/// Seeds the default generator: the weights of layers made next are PyTorch's after `torch.manual_seed(seed)`.
public func manualSeed(_ seed: UInt64) { Generator.default.manualSeed(seed) }

// MARK: - Draws

extension Generator {
  /// Numbers spread evenly over `low..<high`. PyTorch: `Tensor.uniform_`, bit for bit.
  ///
  /// Float32: `fma(k 2^-24, high - low, low)` with 24 random bits k from one 32-bit draw, all in float32. Float64:
  /// likewise with 53 bits of a 64-bit draw. A result that rounds to `high` becomes `low`.
  ///
  /// - Precondition: `low <= high`; the type is floating-point.
  /// - Complexity: O(elements), drawn one after the other.
  public func uniform(
    _ shape: Shape, from low: Double = 0, to high: Double = 1, dtype: DType = .float32
  ) -> Tensor {
    precondition(low <= high, "Generator.uniform: the range is \(low)..<\(high), expected ascending bounds")
    return filled(
      shape, dtype,
      float: { contents, span in
        let (low, high) = (Float(low), Float(high))
        for index in span.indices {
          let value = low.addingProduct(contents.engine.uniformFloat(), high - low)
          span[index] = value == high ? low : value
        }
      },
      double: { contents, span in
        for index in span.indices {
          let value = low.addingProduct(contents.engine.uniformDouble(), high - low)
          span[index] = value == high ? low : value
        }
      }, "uniform")
  }

  /// 1 with the given probability, else 0. PyTorch: `Tensor.bernoulli_(p)`, bit for bit.
  ///
  /// Each element compares one uniform float64 with the probability, whatever the type of the result.
  ///
  /// - Precondition: the probability is in `0...1`; the type is floating-point.
  /// - Complexity: O(elements), drawn one after the other.
  public func bernoulli(_ shape: Shape, probability: Double, dtype: DType = .float32) -> Tensor {
    precondition(
      probability >= 0 && probability <= 1,
      "Generator.bernoulli: probability is \(probability), expected 0...1")
    return filled(
      shape, dtype,
      float: { contents, span in
        for index in span.indices { span[index] = contents.engine.uniformDouble() < probability ? 1 : 0 }
      },
      double: { contents, span in
        for index in span.indices { span[index] = contents.engine.uniformDouble() < probability ? 1 : 0 }
      }, "bernoulli")
  }

  /// The numbers `0..<count` in random order. PyTorch: `torch.randperm(n)`, number for number.
  ///
  /// - Precondition: `count` is in `0..<2^32`.
  /// - Complexity: O(elements), drawn one after the other.
  public func randperm(_ count: Int) -> [Int] {
    precondition(count >= 0 && count < 1 << 32, "Generator.randperm: count is \(count), expected 0..<2^32")
    var order = Array(0..<count)
    contents.withLock { contents in
      for index in 0..<Swift.max(count - 1, 0) {
        order.swapAt(index, index + Int(contents.engine.random()) % (count - index))
      }
    }
    return order
  }
}
