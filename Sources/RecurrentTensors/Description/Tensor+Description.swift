import RecurrentKernels

extension Tensor: CustomStringConvertible {
  /// The tensor as PyTorch prints it, character for character (its default options: 4 places, 80 columns; above 1000
  /// elements only 3 at each edge of an axis).
  ///
  /// ```
  /// tensor([[-0.3520,  0.5253],
  ///         [-0.6842,  0.7607]])
  /// ```
  public var description: String {
    let body = count == 0 ? "[]" : TensorPrinter(self).text(axis: 0, offset: 0, indent: 7)
    return withSuffixes("tensor(" + body)
  }

  /// Appends the shape of an empty tensor and a type that is not the default, on a line of their own if they do not fit.
  private func withSuffixes(_ text: String) -> String {
    var suffixes: [String] = []
    if count == 0 && rank != 1 { suffixes.append("size=(\(shape.map(String.init).joined(separator: ", ")))") }
    if dtype == .float64 || count == 0 && dtype == .int64 { suffixes.append("dtype=torch.\(dtype)") }
    var result = text
    // PyTorch counts the newline before the last line as well.
    var column =
      text.count - (text.lastIndex(of: "\n").map { text.distance(from: text.startIndex, to: $0) } ?? -1) + 1
    for suffix in suffixes {
      if column + suffix.count + 2 > TensorPrinter.lineWidth {
        result += ",\n       " + suffix
        column = 7 + suffix.count
      } else {
        result += ", " + suffix
        column += suffix.count + 2
      }
    }
    return result + ")"
  }
}

/// Writes the nested lists of one tensor.
private struct TensorPrinter {
  static let lineWidth = 80
  private static let threshold = 1000
  private static let edge = 3

  private let tensor: Tensor
  private let strides: [Int]
  private let summarizes: Bool
  private var format = NumberFormat([] as [Int64])

  init(_ tensor: Tensor) {
    self.tensor = tensor
    strides = tensor.shape.indices.map { Shape(tensor.shape[($0 + 1)...]).elementCount }
    summarizes = tensor.count > Self.threshold
    let places = visibleOffsets(axis: 0, offset: 0)
    format =
      tensor.dtype == .int64
      ? NumberFormat(places.map { tensor.memory[$0, as: Int64.self] }) : NumberFormat(places.map { real($0) })
  }

  func text(axis: Int, offset: Int, indent: Int) -> String {
    guard axis < tensor.rank else { return element(offset) }
    guard axis < tensor.rank - 1 else { return vector(offset, indent) }
    var slices = visiblePlaces(axis).map {
      text(axis: axis + 1, offset: offset + $0 * strides[axis], indent: indent + 1)
    }
    if isCut(axis) { slices.insert("...", at: Self.edge) }
    let newlines = String(repeating: "\n", count: tensor.rank - axis - 1)
    return "[" + slices.joined(separator: "," + newlines + blanks(indent + 1)) + "]"
  }

  private func vector(_ offset: Int, _ indent: Int) -> String {
    let axis = tensor.rank - 1
    var elements = visiblePlaces(axis).map { element(offset + $0) }
    if isCut(axis) { elements.insert(" ...", at: Self.edge) }
    let perLine = max(1, (Self.lineWidth - indent) / (format.width + 2))
    let lines = stride(from: 0, to: elements.count, by: perLine).map {
      elements[$0..<min($0 + perLine, elements.count)].joined(separator: ", ")
    }
    return "[" + lines.joined(separator: ",\n" + blanks(indent + 1)) + "]"
  }

  private func element(_ offset: Int) -> String {
    tensor.dtype == .int64 ? format.text(tensor.memory[offset, as: Int64.self]) : format.text(real(offset))
  }

  private func real(_ offset: Int) -> Double {
    tensor.dtype == .float32
      ? Double(tensor.memory[offset, as: Float.self]) : tensor.memory[offset, as: Double.self]
  }

  /// Whether the middle of an axis is left out.
  private func isCut(_ axis: Int) -> Bool { summarizes && tensor.shape[axis] > 2 * Self.edge }

  private func visiblePlaces(_ axis: Int) -> [Int] {
    let extent = tensor.shape[axis]
    return isCut(axis) ? Array(0..<Self.edge) + Array(extent - Self.edge..<extent) : Array(0..<extent)
  }

  private func visibleOffsets(axis: Int, offset: Int) -> [Int] {
    guard axis < tensor.rank else { return [offset] }
    return visiblePlaces(axis).flatMap { visibleOffsets(axis: axis + 1, offset: offset + $0 * strides[axis]) }
  }

  private func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }
}
