#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension Int {
  /// With separators: `12,345`.
  var grouped: String {
    let digits = Array(String(magnitude))
    let groups = stride(from: digits.count, to: 0, by: -3).map { String(digits[Swift.max(0, $0 - 3)..<$0]) }
    return (self < 0 ? "-" : "") + groups.reversed().joined(separator: ",")
  }

  /// With the noun it counts: `1 file`, `2 files`.
  func counting(_ singular: String, _ plural: String? = nil) -> String {
    grouped + " " + (self == 1 ? singular : plural ?? singular + "s")
  }
}

extension Double {
  /// With a fixed number of decimals; `nan` and `inf` as they are.
  func fixed(_ decimals: Int) -> String { formatted("%.\(decimals)f", self) }

  /// With at most 3 decimals and thousands as `k`: `31.2k`.
  var rate: String {
    switch self {
    case ..<1000: fixed(0)
    case ..<100_000: (self / 1000).fixed(1) + "k"
    case ..<1_000_000: (self / 1000).fixed(0) + "k"
    default: (self / 1_000_000).fixed(1) + "M"
    }
  }

  /// Seconds as `1:02` or `1:02:03`.
  var duration: String {
    guard isFinite && self < 1e7 else { return "-:--" }
    let seconds = Int(rounded())
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    let tail = seconds % 60 < 10 ? "0\(seconds % 60)" : "\(seconds % 60)"
    return hours > 0 ? "\(hours):" + (minutes < 10 ? "0" : "") + "\(minutes):\(tail)" : "\(minutes):\(tail)"
  }
}

extension Double {
  /// With one digit before the point and an exponent: `1.23e-05`.
  func scientific(_ decimals: Int) -> String { formatted("%.\(decimals)e", self) }
}

/// As C's `printf` does: of Foundation only its larger part has this, which takes milliseconds to load.
private func formatted(_ format: String, _ number: Double) -> String {
  withVaList([number]) { arguments in
    var text = [CChar](repeating: 0, count: 400)
    let count = Int(vsnprintf(&text, text.count, format, arguments))
    return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
