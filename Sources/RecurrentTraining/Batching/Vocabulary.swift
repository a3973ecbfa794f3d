/// The distinct units of a text, each with an id from 0 on: what a model of text can read and write.
///
/// Units are sorted by scalar value (bytes by value; graphemes by their scalar values, lexicographically), so
/// that the same text gives the same ids everywhere. Units are compared by their codes, never by canonical
/// equivalence: a composed and a decomposed `é` are two units.
public struct Vocabulary: Sendable, Equatable {
  /// The kind of unit.
  public let unit: TextUnit
  /// The codes of each unit, in the order of the ids.
  package let codes: [[UInt32]]
  /// Units of one code, by code; -1 where there is none. Kept to the largest code in use.
  private let idOfCode: [Int32]
  /// Units of several codes.
  private let idOfCluster: [[UInt32]: Int32]

  /// The number of units.
  public var count: Int { codes.count }

  /// The vocabulary of `text`.
  ///
  /// - Throws: ``TrainingError`` of kind `emptyText` if there is no unit.
  /// - Complexity: O(*n* + *v* log *v*) for *n* units, *v* of them distinct.
  public init(of text: String, unit: TextUnit) throws {
    guard !text.isEmpty else {
      throw TrainingError(.emptyText, place: "text", found: "no \(unit)s", expected: "at least one")
    }
    self.init(sortedCodes: Vocabulary.distinctUnits(of: text, unit: unit), unit: unit)
  }

  /// A vocabulary of these units, which are distinct and sorted.
  package init(sortedCodes codes: [[UInt32]], unit: TextUnit) {
    self.unit = unit
    self.codes = codes
    var idOfCode = [Int32](repeating: -1, count: 1 + Int(codes.filter { $0.count == 1 }.last?[0] ?? 0))
    var idOfCluster: [[UInt32]: Int32] = [:]
    for (id, code) in codes.enumerated() {
      if code.count == 1 {
        idOfCode[Int(code[0])] = Int32(id)
      } else {
        idOfCluster[code] = Int32(id)
      }
    }
    self.idOfCode = idOfCode
    self.idOfCluster = idOfCluster
  }

  /// The id of each unit of `text`.
  ///
  /// - Throws: ``TrainingError`` of kind `unknownUnit`, naming the first unit that is not in the vocabulary
  ///   and its place.
  /// - Complexity: O(length of `text`).
  public func encode(_ text: String) throws -> [Int64] {
    var ids: [Int64] = []
    ids.reserveCapacity(text.utf8.count)
    func append(_ id: Int32?, _ code: () -> [UInt32]) throws {
      guard let id else { throw unknown(code(), at: ids.count) }
      ids.append(Int64(id))
    }
    try unit.forEachUnit(
      of: text, single: { code in try append(id(of: code)) { [code] } },
      cluster: { code in try append(idOfCluster[code]) { code } })
    return ids
  }

  /// The text of `ids`. A model of bytes may write bytes that are not UTF-8: they become U+FFFD.
  ///
  /// - Precondition: each id is from 0 to `count - 1`.
  public func decode(_ ids: [Int64]) -> String {
    let codes = ids.lazy.flatMap { self.codes[checked($0)] }
    if unit == .byte { return String(decoding: codes.map { UInt8($0) }, as: UTF8.self) }
    return String(decoding: codes.map { $0 }, as: UTF32.self)
  }

  /// The bytes of `ids` in UTF-8, exactly as a model of bytes wrote them.
  ///
  /// - Precondition: each id is from 0 to `count - 1`.
  public func decodeBytes(_ ids: [Int64]) -> [UInt8] {
    unit == .byte ? ids.flatMap { codes[checked($0)].map { UInt8($0) } } : Array(decode(ids).utf8)
  }

  private func checked(_ id: Int64) -> Int {
    precondition(
      id >= 0 && id < count, "Vocabulary: id is \(id), expected 0 to \(count - 1)")
    return Int(id)
  }
}

extension Vocabulary {
  /// Whether the units, and the kind of unit, are the same.
  public static func == (a: Vocabulary, b: Vocabulary) -> Bool { a.unit == b.unit && a.codes == b.codes }

  private static func distinctUnits(of text: String, unit: TextUnit) -> [[UInt32]] {
    var isSeen = [Bool](repeating: false, count: 0x11_0000)  // every scalar value: faster than a set
    var single: [UInt32] = []
    var clusters: Set<[UInt32]> = []
    func see(_ code: UInt32) {
      guard !isSeen[Int(code)] else { return }
      isSeen[Int(code)] = true
      single.append(code)
    }
    unit.forEachUnit(of: text, single: see, cluster: { clusters.insert($0) })
    return (single.map { [$0] } + clusters).sorted { $0.lexicographicallyPrecedes($1) }
  }

  private func id(of code: UInt32) -> Int32? {
    let index = Int(code)
    return index < idOfCode.count && idOfCode[index] >= 0 ? idOfCode[index] : nil
  }

  private func unknown(_ code: [UInt32], at index: Int) -> TrainingError {
    let name = code.map { Vocabulary.name(of: $0, unit: unit) }.joined(separator: " ")
    return TrainingError(
      .unknownUnit, place: "text, \(unit) \(index)", found: name,
      expected: "one of the \(count) \(unit)s that the model was trained on")
  }

  /// `0x41` for a byte, `U+0041` for a scalar.
  private static func name(of code: UInt32, unit: TextUnit) -> String {
    let digits = String(code, radix: 16, uppercase: true)
    let width = unit == .byte ? 2 : 4
    let padded = String(repeating: "0", count: max(0, width - digits.count)) + digits
    return (unit == .byte ? "0x" : "U+") + padded
  }
}
