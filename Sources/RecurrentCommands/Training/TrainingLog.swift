import Recurrent

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The CSV with a row for each step, floats in the shortest form that reads back to the same bits.
///
/// Each row reaches the system as soon as its step is done, and the disk before the checkpoint that counts on it.
final class TrainingLog {
  static let header = "step,epoch,loss,gradient_norm,learning_rate,validation_loss"

  private let path: String
  private let descriptor: Int32
  private let isNew: Bool

  /// Opens the log of a run that stands at `step`: 0 for a new one, whose log begins with the header and replaces any other.
  ///
  /// A run that goes on keeps the rows up to `step`; a row that was a run's last loses its validation loss again, unless it
  /// ended an epoch. A file that is not there begins with the header.
  ///
  /// - Throws: ``CommandError`` if the file cannot be opened or is not the run's log.
  init(_ path: String, atStep step: Int, endsEpoch: Bool) throws {
    self.path = path
    isNew = FileStatus(path) == nil
    let kept = step == 0 || isNew ? nil : try Self.rows(of: path, upTo: step, endsEpoch: endsEpoch)
    descriptor = open(path, O_WRONLY | O_CREAT | (kept == nil ? O_TRUNC : 0), 0o666)
    guard descriptor >= 0 else { throw Self.unwritable(path, String(cString: strerror(errno))) }
    try begin(keeping: kept)
  }

  private func begin(keeping kept: (whole: Int, last: String)?) throws {
    guard let kept else { return try append(Self.header + "\n") }
    guard ftruncate(descriptor, off_t(kept.whole)) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else {
      throw Self.unwritable(path, String(cString: strerror(errno)))
    }
    try append(kept.last)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Adds the row of a step.
  func append(_ step: TextTrainer.Step, validation: Double?) throws {
    let numbers = [step.loss, step.gradientNorm, step.learningRate].map { "\($0)" }
    let columns = ["\(step.number)", "\(step.epoch)"] + numbers + [validation.map { "\($0)" } ?? ""]
    try append(columns.joined(separator: ",") + "\n")
  }

  /// Waits until all rows are on the disk.
  func synchronize() throws {
    // Devices and pipes cannot be synchronized, and need not be.
    guard fsync(descriptor) != 0, errno != EINVAL && errno != EROFS && errno != ENOTSUP else { return }
    throw Self.unwritable(path, String(cString: strerror(errno)))
  }

  /// Removes the file if it was not there before: a run that cannot begin leaves nothing behind.
  func discardIfNew() {
    if isNew { unlink(path) }
  }

  private func append(_ text: String) throws {
    do {
      try writeAll(Array(text.utf8), to: descriptor) { Self.unwritable(path, $0) }
    } catch {
      if text == Self.header + "\n" { discardIfNew() }
      throw error
    }
  }

  private static func unwritable(_ path: String, _ failure: String) -> CommandError {
    CommandError(
      .file, "cannot write the log \(path)", found: failure, expected: "a file that can be written",
      advice: "choose another path or free some space")
  }
}

// MARK: - Going on

extension TrainingLog {
  /// What to keep of a file up to the row of `step`: a number of bytes, and the row after them in a new form.
  private static func rows(
    of path: String, upTo step: Int, endsEpoch: Bool
  ) throws -> (whole: Int, last: String) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CommandError(
        .file, "cannot read the log \(path)", found: "no permission", expected: "the log of the resumed run",
        advice: "choose another path")
    }
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first.map(String.init) == header else {
      throw foreign(path, found: "another first line", expected: header)
    }
    // What follows the last line feed is a row that was cut off.
    let rows = lines.dropFirst().dropLast()
    guard let place = rows.firstIndex(where: { $0.hasPrefix("\(step),") }) else {
      let last = rows.last.map { "steps up to \($0.prefix { $0 != "," })" } ?? "no steps"
      throw foreign(path, found: last, expected: "step \(step), where the checkpoint stands")
    }
    let whole = lines[..<place].reduce(0) { $0 + $1.utf8.count + 1 }
    let row = lines[place]
    let last = endsEpoch ? row : row[...row.lastIndex(of: ",")!]
    return (whole, last + "\n")
  }

  private static func foreign(_ path: String, found: String, expected: String) -> CommandError {
    CommandError(
      .log, "not the log of the resumed run: \(path)", found: found, expected: expected,
      advice: "give the log of that run, or a file that does not exist yet")
  }
}
