#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A file that a command is to write: writing it must not destroy what the command reads.
struct WrittenFile {
  /// The option that names it.
  let option: String
  let path: String

  /// Whether `other` is the same file, perhaps by another name; false if either does not exist yet.
  func isSame(as other: String) -> Bool {
    var (here, there) = (stat(), stat())
    guard stat(path, &here) == 0 && stat(other, &there) == 0 else { return false }
    return here.st_mode & S_IFMT == S_IFREG && here.st_dev == there.st_dev && here.st_ino == there.st_ino
  }

  /// Throws if the file can certainly not be written, long before there is something to write, or if it is one of those
  /// that the command reads.
  func check(besides read: [(path: String, what: String)]) throws {
    try checkWritable()
    for (other, what) in read { try checkDiffers(from: other, what) }
  }

  /// Throws if the file can certainly not be written.
  func checkWritable() throws {
    let parent = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let found: String
    if path.isEmpty || path.hasSuffix("/") || FileStatus(path)?.kind == .folder {
      found = "a folder"
    } else if FileStatus(parent) == nil {
      found = "no folder \(parent)"
    } else if access(FileStatus.isDevice(path) ? path : parent, W_OK) != 0 {
      found = "no permission to write"
    } else {
      return
    }
    throw CommandError(
      .file, "cannot write \(path)", found: found, expected: "a file in a folder that can be written",
      advice: "choose another path")
  }

  /// Throws if the file is `other`, which is `what`.
  func checkDiffers(from other: String, _ what: String) throws {
    guard isSame(as: other) else { return }
    throw CommandError(
      .file, "\(option) would replace \(other)", found: "the same file",
      expected: "another file than the \(what)",
      advice: "choose another path for \(option)")
  }
}
