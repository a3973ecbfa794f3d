public import RecurrentTensors

/// What a module shows its parts to; see ``Module/visitParameters(_:)``.
public struct ParameterVisitor {
  enum Purpose {
    case parameters((String, inout Tensor) -> Void)
    case training(Bool)
  }

  private let purpose: Purpose
  private var prefix = ""
  private var suffix = ""

  init(_ purpose: Purpose) { self.purpose = purpose }

  /// Shows a parameter under its name inside this module.
  public mutating func visit(_ name: String, _ parameter: inout Tensor) {
    if case .parameters(let body) = purpose { body(prefix + name + suffix, &parameter) }
  }

  /// Shows a parameter that may be absent, such as a bias.
  public mutating func visit(_ name: String, _ parameter: inout Tensor?) {
    guard var tensor = parameter else { return }
    parameter = nil  // so that `tensor` is the only reference and can be written in place
    visit(name, &tensor)
    parameter = tensor
  }

  /// Shows an inner module: its parameters are called `name.` and their own name.
  public mutating func visit(_ name: String, _ module: inout some Module) {
    let outer = prefix
    prefix += name + "."
    module.visitParameters(&self)
    prefix = outer
  }

  /// Shows inner modules of one kind: `name.0.`, `name.1.`, … as in PyTorch's `ModuleList`.
  public mutating func visit(_ name: String, _ modules: inout [some Module]) {
    for index in modules.indices { visit("\(name).\(index)", &modules[index]) }
  }

  /// Shows an inner module whose parameters keep their names with an ending, as `_l0_reverse` of a recurrent layer.
  public mutating func visit(_ module: inout some Module, suffix ending: String) {
    let outer = suffix
    suffix = ending + suffix
    module.visitParameters(&self)
    suffix = outer
  }

  /// Shows the flag that tells training from inference.
  public mutating func visit(training isTraining: inout Bool) {
    if case .training(let value) = purpose { isTraining = value }
  }
}
