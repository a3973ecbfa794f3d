package import Recurrent

/// A picture of numbers from -1 to 1: a column for each time step, a row for each hidden unit.
package struct HeatPicture {
  package enum Style {
    /// A field of colour, blue below 0 and red above, for terminals of 256 colours.
    case color
    /// A bar of eight heights.
    case blocks
    /// A character of eight densities.
    case ascii
  }

  private let numbers: [Double]
  private let unitCount: Int
  private let steps: [String]
  private let style: Style

  /// - Precondition: `tensor` is `[T, H]` and there are T `steps`.
  package init(_ tensor: Tensor, steps: [String], style: Style) {
    precondition(
      tensor.rank == 2 && tensor.shape[0] == steps.count,
      "HeatPicture: the tensor is \(tensor.shape), expected [\(steps.count), H]")
    numbers = tensor.asType(.float64).scalars(as: Double.self)
    unitCount = tensor.shape[1]
    self.steps = steps
    self.style = style
  }

  package var text: String {
    let rows = (0..<unitCount).map { unit in
      "  h[\(unit)]  " + steps.indices.map { cell(numbers[$0 * unitCount + unit]) }.joined() + "\n"
    }
    let names = steps.map { $0.padded(to: Self.width) }.joined()
    return rows.joined() + "        " + names + "\n\n  " + legend + "\n"
  }

  private static let width = 3

  private func cell(_ number: Double) -> String {
    let level = Self.level(number)
    switch style {
    case .color: return Self.field(number, columns: Self.width)
    case .blocks: return String(repeating: Self.bars[level], count: Self.width - 1) + " "
    case .ascii: return String(repeating: Self.densities[level], count: Self.width - 1) + " "
    }
  }

  private var legend: String {
    let scale = stride(from: -0.875, to: 1, by: 0.25).map(cell).joined()
    return "-1 " + scale + (style == .color ? " " : "") + "+1"
  }

  private static let bars = Array("▁▂▃▄▅▆▇█")
  private static let densities = Array(" .:-=+*#")

  /// 0 to 7 for -1 to 1.
  private static func level(_ number: Double) -> Int {
    let place = ((number + 1) * 4).rounded(.down)
    return place.isNaN ? 0 : Int(min(max(place, 0), 7))
  }

  /// Blanks on a ground of the colour cube of 6 x 6 x 6: white at 0, towards blue and red at the ends.
  private static func field(_ number: Double, columns: Int) -> String {
    let strength = number.isNaN ? 0 : Int((min(abs(number), 1) * 5).rounded())
    let faded = 5 - strength
    let (red, green, blue) = number < 0 ? (faded, faded, 5) : (5, faded, faded)
    return "\u{1B}[48;5;\(16 + 36 * red + 6 * green + blue)m" + String(repeating: " ", count: columns)
      + "\u{1B}[0m"
  }
}
