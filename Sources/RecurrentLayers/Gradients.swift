public import RecurrentTensors

/// The derivative of a loss with respect to every parameter of a model, under the parameters' names and in their order.
public struct Gradients: Sendable {
  private var list: ParameterList

  /// Keeps the given tensors in their order.
  public init(_ entries: some Sequence<ParameterList.Element>) { list = ParameterList(entries) }

  /// The gradient of the parameter called `name`, or nil.
  public subscript(name: String) -> Tensor? { list[name] }

  /// Names and gradients in order.
  public var entries: ParameterList { list }
  /// The parameters' names in order.
  public var names: [String] { list.names }
  /// The gradients in order.
  public var tensors: [Tensor] { list.tensors }

  /// Runs `body` on every gradient in order; it may replace the tensor or write it in place.
  public mutating func update(_ body: (_ name: String, _ gradient: inout Tensor) -> Void) {
    list.update(body)
  }

  /// Every gradient multiplied by `factor`.
  public func scaled(by factor: Double) -> Gradients {
    var result = self
    result.update { _, gradient in gradient = gradient * factor }
    return result
  }

  /// The sum, parameter by parameter, as when a batch is worked off in parts.
  ///
  /// - Precondition: both have the same names in the same order.
  public static func + (left: Gradients, right: Gradients) -> Gradients {
    precondition(
      left.names == right.names,
      "Gradients: cannot add gradients of \(right.names) to gradients of \(left.names)")
    return Gradients(zip(left.list, right.list).map { ($0.name, $0.tensor + $1.tensor) })
  }

  /// Adds parameter by parameter; see ``+(_:_:)``.
  public static func += (left: inout Gradients, right: Gradients) { left = left + right }
}

/// The loss that `body` computes from `model`, and its derivative with respect to every parameter of the model.
///
/// ```swift
/// let (loss, gradients) = valueAndGradients(of: model) { model in
///   crossEntropy(model(inputs), targets)
/// }
/// ```
///
/// `body` must use the model that it is handed: its parameters are the watched ones. What else `body` stores
/// outside (a state carried to the next window, a metric) is to be `detached()`.
/// Parameters that the loss does not depend on get a gradient of zeros.
///
/// - Precondition: the loss has one element.
/// - Complexity: about three times the work of `body`; memory for what the derivatives of its operations keep.
public func valueAndGradients<Model: Module>(
  of model: Model, _ body: (_ model: Model) throws -> Tensor
) rethrows -> (loss: Tensor, gradients: Gradients) {
  let parameters = model.parameters
  let (loss, tensors) = try valueAndGradients(at: parameters.tensors) { watched in
    try body(model.replacingParameters(by: watched))
  }
  return (loss, Gradients(zip(parameters.names, tensors).map { ($0, $1) }))
}

extension Module {
  /// This module with its parameters replaced, in the order of the visit.
  fileprivate func replacingParameters(by tensors: [Tensor]) -> Self {
    var copy = self
    var rest = tensors[...]
    copy.updateParameters { _, parameter in parameter = rest.removeFirst() }
    return copy
  }
}
