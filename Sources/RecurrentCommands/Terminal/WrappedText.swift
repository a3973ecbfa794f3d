extension String {
  /// The lines, broken at blanks where they are wider than `width`; what follows a break begins `indent` columns further.
  package func wrapped(to width: Int, indent: Int = 0) -> String {
    split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var (rows, row) = ([String](), "")
      for word in line.split(separator: " ", omittingEmptySubsequences: false) {
        if row.count + 1 + word.count > width && row.contains(where: { $0 != " " }) {
          rows.append(row)
          row = String(repeating: " ", count: indent) + word
        } else {
          row += (row.isEmpty && word.startIndex == line.startIndex ? "" : " ") + word
        }
      }
      return (rows + [row]).joined(separator: "\n")
    }.joined(separator: "\n")
  }
}

extension Console {
  /// Where a terminal reads, the text in lines that it has room for; else as it is, a line for each.
  func fitted(_ text: String, indent: Int = 0) -> String {
    isTerminal ? text.wrapped(to: width, indent: indent) : text
  }

  /// Where a terminal reads, the table without those of `columns` for which it has no room; else the whole.
  func fitted(_ table: TextTable, leavingOut columns: [Int]) -> String {
    isTerminal ? table.fitted(to: width, leavingOut: columns).text : table.text
  }
}
