import RecurrentLayers
import RecurrentTensors

extension Vocabulary {
  /// The codes of all units one behind the other, and how many each unit has.
  var tensors: ParameterList {
    let all = codes.joined().map { Int64($0) }
    return ParameterList([
      ("codes", Tensor(all, shape: [all.count])),
      ("lengths", Tensor(codes.map { Int64($0.count) }, shape: [count])),
    ])
  }

  /// Reads back what ``tensors`` wrote.
  ///
  /// - Throws: ``TrainingError`` if a tensor is missing, superfluous, or not the codes of distinct sorted
  ///   units.
  init(tensors: ParameterList, unit: TextUnit) throws {
    try tensors.checkNames(["codes", "lengths"], prefix: "vocabulary.")
    let all = try tensors.vector(named: "codes", prefix: "vocabulary.")
    let lengths = try tensors.vector(named: "lengths", prefix: "vocabulary.")
    var codes: [[UInt32]] = []
    var rest = all[...]
    for length in lengths {
      guard length > 0 && length <= rest.count, unit == .grapheme || length == 1 else {
        throw Vocabulary.invalid(
          "lengths", "\(length)", "lengths of units that add up to the \(all.count) codes")
      }
      codes.append(try rest.prefix(Int(length)).map { try Vocabulary.checkedCode($0, unit) })
      rest = rest.dropFirst(Int(length))
    }
    guard rest.isEmpty, !codes.isEmpty else {
      throw Vocabulary.invalid(
        "lengths", "a sum of \(all.count - rest.count)", "\(all.count), the number of codes")
    }
    guard zip(codes, codes.dropFirst()).allSatisfy({ $0.lexicographicallyPrecedes($1) }) else {
      throw Vocabulary.invalid("codes", "units out of order", "distinct units sorted by scalar value")
    }
    self.init(sortedCodes: codes, unit: unit)
  }

  private static func checkedCode(_ code: Int64, _ unit: TextUnit) throws -> UInt32 {
    if unit == .byte, let byte = UInt8(exactly: code) { return UInt32(byte) }
    if unit != .byte, let value = UInt32(exactly: code), let scalar = Unicode.Scalar(value) {
      return scalar.value
    }
    throw invalid("codes", "\(code)", unit == .byte ? "a byte" : "a Unicode scalar value")
  }

  private static func invalid(_ name: String, _ found: String, _ expected: String) -> TrainingError {
    TrainingError(.invalidValue, place: "vocabulary.\(name)", found: found, expected: expected)
  }
}
