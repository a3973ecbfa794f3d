public import RecurrentTensors

/// A part of a model that owns parameters: a layer, or a struct of layers. Modules are values.
///
/// A module says once, in ``visitParameters(_:)``, what it is made of; reading, loading, optimizing and
/// differentiating all follow from that.
///
/// ```swift
/// struct Tagger: Module {
///   var lstm: LSTM
///   var head: Linear
///   mutating func visitParameters(_ visitor: inout ParameterVisitor) {
///     visitor.visit("lstm", &lstm)
///     visitor.visit("head", &head)
///   }
/// }
/// ```
///
/// PyTorch's counterpart: `torch.nn.Module`, with the order and dotted names of `named_parameters()`.
public protocol Module {
  /// Shows every parameter, every inner module and the training flag to `visitor`, always in the same order.
  mutating func visitParameters(_ visitor: inout ParameterVisitor)
}

extension Module {
  /// The parameters under their dotted names, in the order of the visit.
  ///
  /// - Complexity: O(number of parameters); elements are shared, not copied.
  public var parameters: ParameterList {
    var entries: [ParameterList.Element] = []
    var copy = self
    copy.updateParameters { name, tensor in entries.append((name, tensor)) }
    return ParameterList(entries)
  }

  /// Runs `body` on every parameter, in the order of the visit; it may replace the parameter or write it in place.
  public mutating func updateParameters(_ body: (_ name: String, _ parameter: inout Tensor) -> Void) {
    withoutActuallyEscaping(body) { body in
      var visitor = ParameterVisitor(.parameters(body))
      visitParameters(&visitor)
    }
  }

  /// Puts this module and all inside it into training mode (dropout acts) or out of it.
  ///
  /// A new module is in training mode. PyTorch's counterpart: `train()` and `eval()`.
  public mutating func setTraining(_ isTraining: Bool) {
    var visitor = ParameterVisitor(.training(isTraining))
    visitParameters(&visitor)
  }

  /// Replaces every parameter by the tensor of the same name.
  ///
  /// PyTorch's counterpart: `load_state_dict(strict=True)`, except that element types are not converted.
  ///
  /// - Throws: ``ParameterError`` if a name is missing or unknown, or a shape or element type differs. Nothing is
  ///   replaced then.
  public mutating func load(_ tensors: ParameterList) throws(ParameterError) {
    let own = parameters
    try own.checkFits(tensors)
    updateParameters { name, parameter in
      if let tensor = tensors[name] { parameter = tensor }
    }
  }
}
