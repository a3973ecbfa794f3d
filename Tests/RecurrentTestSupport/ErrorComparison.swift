public import Recurrent
public import Testing

/// Whether our errors in float32, against a reference in float64, are at most ``factor`` times PyTorch's.
///
/// An error is relative to the largest element of its tensor. Compared are, case by case, the largest errors; and over
/// all cases the root mean squares. In a single tensor of few elements PyTorch's error may be zero by luck, so cases are granted
/// a floor; sums over a whole file, where luck evens out, get none.
public struct ErrorComparison: Sendable {
  /// The largest allowed ratio of our error to PyTorch's.
  public static let factor = 2.0
  /// What every case is granted, in ULP of float32 of the tensor's largest element.
  public enum Floor: Double, Sendable {
    /// A sum of a dozen terms and an activation of at most 2 ULP round to about this much, in any order.
    case results = 4
    /// The terms of a gradient cancel: some tensors of one or two elements are a tenth and less of their terms.
    case gradients = 16
  }

  private let title: String
  private let floor: Floor
  private var ourSquares = 0.0
  private var theirSquares = 0.0

  public init(_ title: String, floor: Floor) {
    self.title = title
    self.floor = floor
  }

  /// Adds a case: the tensors `names` of `found` in place of PyTorch's, against the golden's `ref.` tensors.
  public mutating func add<Configuration>(
    _ found: [String: Tensor], _ names: [String], of golden: Golden<Configuration>,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var (ours, theirs) = (Error(), Error())
    for name in names {
      guard let reference = golden["ref.\(name)"]?.doubles, let tensor = found[name] else {
        Issue.record("\(golden.name): no \(name) to compare", sourceLocation: sourceLocation)
        continue
      }
      ours.add(tensor.doubles, reference, name)
      theirs.add(golden[name]?.doubles ?? [], reference, name)
    }
    ourSquares += ours.squares
    theirSquares += theirs.squares
    if ours.largest <= Self.factor * theirs.largest + floor.rawValue * Double(Float.ulpOfOne) { return }
    Issue.record(
      """
      \(golden.name) \(golden.configuration): our largest error is \(ours.largest), in \(ours.place); \
      PyTorch's \(theirs.largest), in \(theirs.place)
      """, sourceLocation: sourceLocation)
  }

  /// Checks the root mean square over all cases added.
  public func expectNoWorse(sourceLocation: SourceLocation = #_sourceLocation) {
    let ratio = (ourSquares / theirSquares).squareRoot()
    #expect(
      ratio <= Self.factor, "\(title): root mean square of our errors over PyTorch's is \(ratio)",
      sourceLocation: sourceLocation)
  }
}

/// The errors of one side in one case.
private struct Error {
  var largest = 0.0
  var place = "nothing"
  var squares = 0.0

  mutating func add(_ values: [Double], _ reference: [Double], _ name: String) {
    let scale = max(reference.largestMagnitude, 0x1p-126)  // units of a relu may all be dead: exactly zero
    for index in reference.indices {
      let error = abs(values[index] - reference[index]) / scale
      squares += error * error / Double(reference.count)
      if !(error <= largest) {
        largest = error
        place = "\(name) element \(index): \(values[index]), in float64 \(reference[index])"
      }
    }
  }
}
