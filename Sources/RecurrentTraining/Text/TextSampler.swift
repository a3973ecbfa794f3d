import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// Writes text with a trained model, one unit after the other.
///
/// Each unit is drawn from `softmax(logits / temperature)`; the draws come from the sampler's own generator,
/// so that the same model, prime, temperature and seed give the same text on every machine. Dropout is off.
///
/// ```swift
/// var sampler = TextSampler(model: model, vocabulary: vocabulary, temperature: 0.7, seed: 1)
/// try sampler.read("func ")
/// print(sampler.write(200))
/// ```
public struct TextSampler {
  /// Divides the logits: below 1 likely units become likelier, 0 always takes the likeliest (the first of
  /// equals).
  public let temperature: Double
  /// The units the model knows.
  public let vocabulary: Vocabulary
  private let generator: Generator
  private var stream: CharacterStream
  /// Whether anything was read: the stream then holds the logits of the next unit.
  private var hasRead = false

  /// A sampler that has read nothing.
  ///
  /// - Precondition: `temperature` is at least 0 and finite; `vocabulary` is the model's.
  public init(model: CharacterModel, vocabulary: Vocabulary, temperature: Double = 1, seed: UInt64 = 0) {
    precondition(
      temperature >= 0 && temperature.isFinite,
      "TextSampler: temperature is \(temperature), expected at least 0")
    precondition(
      vocabulary.count == model.vocabularySize,
      "TextSampler: the vocabulary has \(vocabulary.count) units, expected \(model.vocabularySize) as the model"
    )
    self.temperature = temperature
    self.vocabulary = vocabulary
    stream = CharacterStream(model)
    generator = Generator(seed: seed)
  }

  /// Reads a text that what is written follows.
  ///
  /// - Throws: ``TrainingError`` of kind `unknownUnit`. Nothing has been read then.
  public mutating func read(_ text: String) throws {
    for id in try vocabulary.encode(text) { read(id) }
  }

  /// Draws the id of the next unit, and reads it.
  ///
  /// A sampler that has read nothing begins after a line feed, or after the first unit if the vocabulary has
  /// no line feed.
  public mutating func next() -> Int64 {
    if !hasRead { read(lineStart) }
    let id = choose(stream.logits)
    read(id)
    return id
  }

  /// Draws `count` units and gives them as text.
  public mutating func write(_ count: Int) -> String {
    vocabulary.decode((0..<count).map { _ in next() })
  }

  private var lineStart: Int64 { (try? vocabulary.encode("\n"))?.first ?? 0 }

  private mutating func read(_ id: Int64) {
    if !isKnownUniquelyReferenced(&stream) { stream = stream.copy() }
    stream.read(id)
    hasRead = true
  }

  private func choose(_ logits: [Float]) -> Int64 {
    let values = logits.map { Double($0) }
    let best = values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
    guard temperature > 0 else { return Int64(best) }
    return draw(weights: values.map { Kernels.exp(($0 - values[best]) / temperature) }, likeliest: best)
  }

  /// The first unit whose cumulated weight, in float64 and in the ids' order, exceeds a uniform part of the
  /// total. Weights that are not numbers leave only the likeliest unit.
  private func draw(weights: [Double], likeliest: Int) -> Int64 {
    // 53 random bits, as PyTorch's float64 uniform.
    let part = Double(generator.random64() & ((1 << 53) - 1)) * 0x1p-53
    let threshold = part * weights.reduce(0, +)
    var cumulated = 0.0
    for (id, weight) in weights.enumerated() {
      cumulated += weight
      if cumulated > threshold { return Int64(id) }
    }
    return Int64(likeliest)
  }
}
