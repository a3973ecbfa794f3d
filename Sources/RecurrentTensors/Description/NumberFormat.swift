/// How PyTorch prints the numbers of one tensor: all with the same notation, padded to the same width.
struct NumberFormat {
  private enum Notation {
    /// Integers of a floating-point type, with a point: `3.`
    case whole
    case fixed, scientific, integer
  }

  private let notation: Notation
  /// The width that numbers are padded to.
  private(set) var width = 1
  private static let places = 4

  /// Chooses the notation for floating-point numbers by PyTorch's rules, which look at those that are finite and not 0:
  /// scientific if the largest exceeds 10^8, the smallest is below 10^-4, or their ratio exceeds 1000.
  init(_ values: [Double]) {
    let visible = values.filter { $0.isFinite && $0 != 0 }
    let smallest = visible.reduce(.infinity) { min($0, abs($1)) }
    let largest = visible.reduce(0) { max($0, abs($1)) }
    if !visible.isEmpty && (largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4) {
      notation = .scientific
    } else {
      notation = visible.allSatisfy { $0 == $0.rounded(.up) } ? .whole : .fixed
    }
    width = visible.reduce(1) { max($0, unpadded($1).count) }
  }

  /// Chooses the width for integers.
  init(_ values: [Int64]) {
    notation = .integer
    width = values.reduce(1) { max($0, String($1).count) }
  }

  func text(_ value: Double) -> String { padded(unpadded(value)) }

  func text(_ value: Int64) -> String { padded(String(value)) }

  private func unpadded(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    let digits = DecimalExpansion(value)
    switch notation {
    case .scientific: return digits.scientific(places: Self.places)
    case .whole: return digits.fixed(places: 0) + "."
    case .fixed, .integer: return digits.fixed(places: Self.places)
    }
  }

  private func padded(_ text: String) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
