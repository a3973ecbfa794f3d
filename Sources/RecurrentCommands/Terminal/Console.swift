#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Standard output or standard error, written at once and in order.
struct Console: Sendable {
  static let output = Console(descriptor: STDOUT_FILENO, name: "standard output")
  static let error = Console(descriptor: STDERR_FILENO, name: "standard error")

  private let descriptor: Int32
  private let name: String

  /// Whether text goes to a terminal that can move its cursor.
  var isTerminal: Bool { isatty(descriptor) == 1 && environment("TERM") != "dumb" }

  /// Whether text may be coloured: a terminal, and `NO_COLOR` (no-color.org) is not set.
  var hasColor: Bool { isTerminal && (environment("NO_COLOR") ?? "").isEmpty }

  /// The columns of the terminal now, 80 if there is none.
  var width: Int {
    var size = winsize()
    let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return isKnown ? Int(size.ws_col) : 80
  }

  /// Whether the terminal's language settings promise that it shows Unicode.
  static var showsUnicode: Bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap(environment).first { !$0.isEmpty } ?? "UTF-8"
    return locale.uppercased().contains("UTF-8") || locale.uppercased().contains("UTF8")
  }

  /// Writes all of `text`.
  ///
  /// - Throws: ``CommandError`` if that fails, as on a full disk.
  func write(_ text: String) throws { try write(Array(text.utf8)) }

  /// Writes `text` and a line feed.
  func writeLine(_ text: String = "") throws { try write(text + "\n") }

  /// Writes all of `bytes`.
  func write(_ bytes: [UInt8]) throws {
    try writeAll(bytes, to: descriptor) { failure in
      CommandError(
        .file, "cannot write to \(name)", found: failure, expected: "all of the output to be taken")
    }
  }
}

private func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress, bytes.count)
}

/// Writes all of `bytes` to a file descriptor, however often it is interrupted.
func writeAll(
  _ bytes: [UInt8], to descriptor: Int32, orThrow makeError: (_ failure: String) -> CommandError
) throws {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { systemWrite(descriptor, $0) }
    if count > 0 {
      rest = rest.dropFirst(count)
    } else if errno != EINTR && errno != EAGAIN {
      throw makeError(String(cString: strerror(errno)))
    }
  }
}
