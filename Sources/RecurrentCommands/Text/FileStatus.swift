#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What is at a path.
struct FileStatus {
  enum Kind {
    case file, folder, link, device
  }

  let kind: Kind
  let byteCount: Int

  /// Nil if there is nothing that can be looked at.
  init?(_ path: String, followsLinks: Bool = true) {
    var status = stat()
    guard (followsLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
    byteCount = Int(status.st_size)
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFDIR: kind = .folder
    case S_IFLNK: kind = .link
    default: kind = .device
    }
  }

  /// Whether something else than a file, link or folder is at `path`, such as `/dev/full`.
  static func isDevice(_ path: String) -> Bool { FileStatus(path, followsLinks: false)?.kind == .device }
}
