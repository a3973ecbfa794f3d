import ArgumentParser
import Recurrent

/// The options that settle the model. Those not given keep a default, or what a checkpoint says.
struct ModelOptions: ParsableArguments {
  @Option(help: "Kind of recurrent layer. (default: lstm)")
  var cell: CharacterModel.Configuration.Cell?

  @Option(help: "Size of the hidden state. (default: 128)")
  var hidden: Int?

  @Option(help: "Number of recurrent layers. (default: 2)")
  var layers: Int?

  @Option(help: "Size of an embedding of the characters. (default: one-hot, none)")
  var embedding: Int?

  @Option(help: "Probability of dropout between the layers. (default: 0)")
  var dropout: Double?

  @Option(help: "What counts as one character. (default: scalar)")
  var unit: TextUnit?

  func validate() throws {
    try check(size: hidden, "--hidden")
    try check(size: layers, "--layers")
    try check(size: embedding, "--embedding")
    try check(dropout, "--dropout", "0 to 1") { (0...1).contains($0) }
  }

  /// Puts what was given into `configuration`.
  func apply(to configuration: inout TrainingConfiguration) {
    if let cell { configuration.model.cell = cell }
    if let hidden { configuration.model.hiddenSize = hidden }
    if let layers { configuration.model.layerCount = layers }
    if let embedding { configuration.model.embeddingSize = embedding }
    if let dropout { configuration.model.dropout = dropout }
    if let unit { configuration.unit = unit }
  }
}

extension TrainingConfiguration {
  /// Every setting that cannot change while a run goes on, as the option that sets it.
  var optionValues: [(option: String, value: String)] {
    [
      ("--cell", model.cell.rawValue), ("--hidden", "\(model.hiddenSize)"),
      ("--layers", "\(model.layerCount)"),
      ("--embedding", model.embeddingSize.map { "\($0)" } ?? "none"),
      ("--dropout", "\(model.dropout)"), ("--unit", unit.rawValue), ("--batch", "\(batchSize)"),
      ("--unroll", "\(windowLength)"), ("--optimizer", optimizer.rawValue),
      ("--clip", clip.map { "\($0)" } ?? "0"), ("--seed", "\(seed)"), ("--validation", "\(validation)"),
    ]
  }
}
