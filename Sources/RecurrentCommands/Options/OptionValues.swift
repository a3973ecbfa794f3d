public import ArgumentParser
public import Recurrent

// Every enumeration that an option can name: ArgumentParser lists the cases where a value is unknown, and in the help.

extension InstructionSet: ExpressibleByArgument {}
extension CharacterModel.Configuration.Cell: ExpressibleByArgument {}
extension TrainingConfiguration.OptimizerKind: ExpressibleByArgument {}
extension TextUnit: ExpressibleByArgument {}
extension NetworkFormat: ExpressibleByArgument {
  /// Those that are written; Keras's is only read, which its map says to whoever asks for it.
  public static var allValueStrings: [String] { allCases.filter { $0 != .keras }.map(\.rawValue) }
}

/// What an RNN may apply in PyTorch.
enum NonlinearityOption: String, CaseIterable, ExpressibleByArgument {
  case tanh, relu

  var activation: Activation { self == .tanh ? .tanh : .relu }
}

/// A usage error unless `value`, if given, is at least `bound`.
func check<Value: Comparable>(_ value: Value?, _ option: String, atLeast bound: Value) throws {
  guard let value, !(value >= bound) else { return }
  throw ValidationError("\(option) is \(value), expected at least \(bound).")
}

/// A usage error unless `value`, if given, is a size: from 1 to 2^31 - 1, so that products of two never overflow.
func check(size value: Int?, _ option: String) throws {
  try check(value, option, atLeast: 1)
  try check(value, option, "at most \(Int32.max)") { $0 <= Int32.max }
}

/// A usage error unless `value`, if given, is above `bound` and finite.
func check(_ value: Double?, _ option: String, above bound: Double) throws {
  guard let value, !(value > bound && value.isFinite) else { return }
  throw ValidationError("\(option) is \(value), expected above \(bound.formatted) and finite.")
}

/// A usage error unless `isAllowed`.
func check<Value>(_ value: Value?, _ option: String, _ expected: String, _ isAllowed: (Value) -> Bool) throws
{
  guard let value, !isAllowed(value) else { return }
  throw ValidationError("\(option) is \(value), expected \(expected).")
}

extension Double {
  /// Without a fraction where there is none.
  fileprivate var formatted: String { self == rounded() ? "\(Int(self))" : "\(self)" }
}
