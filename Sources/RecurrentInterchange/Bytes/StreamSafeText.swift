extension String {
  /// Whether this is what Unicode calls stream-safe text (UAX #15, section 13): at most 30 combining marks in a row.
  ///
  /// To hash or compare a string is to bring its marks into an order, in a time that grows with the square of their number:
  /// a name of 200 KB takes half a minute. Names out of files are proven before anything is looked up under them.
  var isStreamSafe: Bool {
    if utf8.allSatisfy({ $0 < 0x80 }) { return true }
    var marks = 0
    for scalar in unicodeScalars {
      marks = scalar.properties.canonicalCombiningClass == .notReordered ? 0 : marks + 1
      if marks > 30 { return false }
    }
    return true
  }

  /// Makes sure that the string can be looked up.
  func proveStreamSafe(_ place: FileError.Place) throws {
    guard isStreamSafe else {
      throw FileError(
        .name, at: place, found: "a letter with more than 30 marks", expected: "a name that can be compared")
    }
  }
}
