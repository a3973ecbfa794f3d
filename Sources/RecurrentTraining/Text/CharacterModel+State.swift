import RecurrentKernels
import RecurrentLayers
public import RecurrentTensors

extension CharacterModel {
  /// What the recurrent layers remember of the text so far.
  public struct State: Sendable {
    /// `[L, N, H]`.
    public var hidden: Tensor
    /// `[L, N, H]` for an LSTM, else nil.
    public var cell: Tensor?

    /// The same state, forgetting how it was computed: the seam of truncated BPTT.
    public func detached() -> State { State(hidden: hidden.detached(), cell: cell?.detached()) }
  }
}

// MARK: - Named tensors

extension CharacterModel.State {
  /// The tensors under their names.
  var named: ParameterList {
    ParameterList([("hidden", hidden)] + (cell.map { [("cell", $0)] } ?? []))
  }

  /// Reads back what ``named`` gave, for the model and batch of a configuration.
  ///
  /// - Throws: ``TrainingError`` if a tensor is missing, or of another shape or element type.
  init(_ tensors: ParameterList, _ configuration: TrainingConfiguration) throws {
    let model = configuration.model
    let shape = [model.layerCount, configuration.batchSize, model.hiddenSize]
    func tensor(_ name: String) throws -> Tensor {
      try tensors.tensor(named: name, prefix: "carried.", shape: shape, dtype: .float32)
    }
    hidden = try tensor("hidden")
    cell = model.cell == .lstm ? try tensor("cell") : nil
  }
}
