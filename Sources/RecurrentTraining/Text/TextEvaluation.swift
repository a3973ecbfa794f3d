import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// How well a model predicts a text.
public struct TextEvaluation: Sendable, Equatable {
  /// The mean cross entropy over all predictions, in nats.
  public let loss: Double
  /// The number of units that were predicted.
  public let predictionCount: Int

  /// A loss in nats and the number of predictions that it is the mean of.
  public init(loss: Double, predictionCount: Int) {
    self.loss = loss
    self.predictionCount = predictionCount
  }

  /// The mean cross entropy in bits: per character, byte or grapheme, whatever the model's unit is.
  public var bitsPerUnit: Double { loss / 0.693147180559945309417232121458 }
  /// e to the loss: how many equally likely units the model hesitates between.
  public var perplexity: Double { Kernels.exp(loss) }
}

extension CharacterModel {
  /// How well the model predicts `ids`, each unit from all before it.
  ///
  /// Defined exactly: one stream, batch 1; inputs are all ids but the last, targets all but the first, in
  /// windows of `windowLength` and a shorter last one; the state starts at zero and is carried over; dropout
  /// is off. The loss is the sum, in order and in float64, of each window's mean loss times its length, over
  /// the number of predictions.
  ///
  /// - Precondition: every id is in the vocabulary; `windowLength` is at least 1.
  /// - Returns: nil if there are fewer than two ids, for then nothing is predicted.
  /// - Complexity: the forward work of `ids.count - 1` steps.
  public func evaluate(_ ids: some Collection<Int64>, windowLength: Int = 50) -> TextEvaluation? {
    precondition(
      windowLength > 0, "CharacterModel.evaluate: windowLength is \(windowLength), expected at least 1")
    let ids = Array(ids)
    let count = ids.count - 1
    guard count > 0 else { return nil }
    var model = self
    model.setTraining(false)
    var state: State?
    var total = 0.0
    for start in stride(from: 0, to: count, by: windowLength) {
      let end = min(start + windowLength, count)
      let shape = [end - start, 1]
      let (logits, next) = model(Tensor(Array(ids[start..<end]), shape: shape), from: state)
      let loss = crossEntropy(logits, Tensor(Array(ids[(start + 1)...end]), shape: shape))
      total += Double(loss.scalars(as: Float.self)[0]) * Double(end - start)
      state = next
    }
    return TextEvaluation(loss: total / Double(count), predictionCount: count)
  }
}
