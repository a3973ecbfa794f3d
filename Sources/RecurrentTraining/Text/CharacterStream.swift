import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// A model that reads one unit after the other: its levels and its head in one kernel call for each.
///
/// The logits are the bits that the model gives for the whole text.
final class CharacterStream {
  private let levels: FusedStream
  private let vocabularySize: Int
  /// The embedding's rows `[V, E]`; nil where units are one-hot rows, which are made in `frame`.
  private let table: AlignedMemory?
  private let frame, output: AlignedMemory

  convenience init(_ model: CharacterModel) {
    self.init(
      FusedStream(model.streamLevels, batchSize: 1), vocabularySize: model.vocabularySize,
      table: model.embeddingTable)
  }

  private init(_ levels: FusedStream, vocabularySize: Int, table: AlignedMemory?) {
    self.levels = levels
    self.vocabularySize = vocabularySize
    self.table = table
    frame = AlignedMemory(.float32, count: vocabularySize)
    output = AlignedMemory(.float32, count: vocabularySize)
  }

  /// The logits of the unit after the last one read.
  var logits: [Float] { output.array(of: Float.self, count: vocabularySize) }

  /// Reads a unit.
  ///
  /// - Precondition: `id` is in `0..<V`.
  func read(_ id: Int64) {
    precondition((0..<Int64(vocabularySize)).contains(id), "CharacterStream: id is \(id), expected 0..<V")
    guard let table else {
      frame[Int(id), as: Float.self] = 1
      levels.advance(frame, into: output)
      frame[Int(id), as: Float.self] = 0
      return
    }
    levels.advance(table, at: Int(id) * levels.weights.inputSize, into: output)
  }

  /// A stream with the same weights that goes on from here by itself.
  func copy() -> CharacterStream {
    let copy = CharacterStream(levels.copy(), vocabularySize: vocabularySize, table: table)
    copy.output.copyBytes(from: output, byteCount: output.byteCount)
    return copy
  }
}

extension CharacterModel {
  /// The weights of the recurrent levels and of the head.
  fileprivate var streamLevels: StreamLevels {
    let head = StreamMap(
      weight: head.weight.storage, bias: head.bias?.storage, outputSize: head.outputSize)
    if let lstm { return StreamLevels(lstm.layer.streamCells, map: head) }
    return StreamLevels(rnn?.layer.streamCells ?? gru!.layer.streamCells, map: head)
  }

  fileprivate var embeddingTable: AlignedMemory? { embedding?.weight.storage }
}
