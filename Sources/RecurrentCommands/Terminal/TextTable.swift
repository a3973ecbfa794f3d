/// Rows of cells whose columns line up, two blanks apart.
struct TextTable {
  enum Alignment { case left, right }

  private let alignments: [Alignment]
  private var rows: [[String]]

  init(header: [String], _ alignments: [Alignment]) { self.init(rows: [header], alignments) }

  private init(rows: [[String]], _ alignments: [Alignment]) {
    (self.rows, self.alignments) = (rows, alignments)
  }

  mutating func add(_ row: [String]) { rows.append(row) }

  var text: String {
    let widths = widths
    return rows.map { line($0, widths) + "\n" }.joined()
  }

  /// Without those of `columns`, from the first on, for which `width` has no room.
  func fitted(to width: Int, leavingOut columns: [Int]) -> TextTable {
    let widths = widths
    var kept = Array(alignments.indices)
    for column in columns where kept.reduce(-2, { $0 + widths[$1] + 2 }) > width {
      kept.removeAll { $0 == column }
    }
    return TextTable(rows: rows.map { row in kept.map { row[$0] } }, kept.map { alignments[$0] })
  }

  private var widths: [Int] {
    alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
  }

  private func line(_ row: [String], _ widths: [Int]) -> String {
    let cells = row.indices.map { column in
      alignments[column] == .left
        ? row[column].padded(to: widths[column]) : row[column].leftPadded(to: widths[column])
    }
    let line = cells.joined(separator: "  ")
    return String(line.reversed().drop { $0 == " " }.reversed())
  }
}

extension String {
  func padded(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }
  func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: Swift.max(0, width - count)) + self
  }
}
