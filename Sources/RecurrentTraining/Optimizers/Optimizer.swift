public import RecurrentLayers

/// A rule that moves a model's parameters along their gradients, one step at a time. Optimizers are values.
///
/// ```swift
/// var optimizer = Adam(learningRate: 2e-3)
/// let (loss, gradients) = valueAndGradients(of: model) { model in crossEntropy(model(inputs), targets) }
/// optimizer.update(&model, along: gradients.clipped(toNorm: 5).gradients)
/// ```
///
/// PyTorch's counterpart: `torch.optim.Optimizer` with one parameter group.
public protocol Optimizer: Sendable {
  /// How far a step goes. A ``Schedule`` sets it before each step.
  var learningRate: Double { get set }
  /// The number of steps taken.
  var stepCount: Int { get }

  /// Takes one step: moves every parameter of `model` in place.
  ///
  /// - Precondition: `gradients` has a gradient of the same shape and element type for every parameter, and
  ///   the model has the parameters that the first step had.
  /// - Complexity: O(number of elements); parameters that nobody else holds are written in place.
  mutating func update(_ model: inout some Module, along gradients: Gradients)

  /// What the next step depends on besides the settings: the count of steps as `step` (int64, shape `[]`),
  /// then what is kept for each parameter, under the parameter's name and PyTorch's
  /// (`lstm.weight_ih_l0.exp_avg`).
  var state: ParameterList { get }

  /// Puts back what ``state`` gave, for the parameters of `model`.
  ///
  /// - Throws: ``TrainingError`` if a tensor is missing, superfluous, or of another shape or type. Nothing
  ///   has changed then.
  mutating func load(_ state: ParameterList, for model: some Module) throws
}
