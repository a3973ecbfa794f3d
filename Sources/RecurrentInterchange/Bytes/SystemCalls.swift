// The only file that talks to the operating system: every call that a reader or writer of files needs, with
// interrupted calls repeated, and failures turned into errors that name the path.
#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

#if _endian(big)
  #error("files are little-endian, and are copied as they are")
#endif

/// An open file. Closed when the last owner lets go.
final class FileDescriptor: Sendable {
  let number: Int32
  let path: String

  init(opening path: String, _ mode: Mode) throws {
    let descriptor = repeatingIfInterrupted { open(path, mode.flags, 0o666) }
    if descriptor < 0 { throw FileError.system(errno, path, mode.isWriting ? .unwritable : .unreadable) }
    number = descriptor
    self.path = path
  }

  deinit { close(number) }

  /// What a file is opened for.
  enum Mode {
    /// Reading an existing file or folder; a pipe is opened too, but without waiting for its writer.
    case reading
    /// Writing a file that must not exist yet.
    case creating
    /// Writing to an existing device or pipe.
    case appending

    var isWriting: Bool { self != .reading }

    var flags: Int32 {
      switch self {
      case .reading: O_RDONLY | O_CLOEXEC | O_NONBLOCK
      case .creating: O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
      case .appending: O_WRONLY | O_CLOEXEC
      }
    }
  }
}

extension FileDescriptor {
  /// Fills `buffer` from `offset` on; fewer bytes only if the file ends.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < buffer.count {
      let some = repeatingIfInterrupted {
        pread(number, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
      }
      if some < 0 { throw FileError.system(errno, path, .unreadable) }
      if some == 0 { break }
      done += some
    }
    return done
  }

  /// Writes all of `buffer` at the end.
  func write(_ buffer: UnsafeRawBufferPointer) throws {
    var done = 0
    while done < buffer.count {
      let some = repeatingIfInterrupted {
        systemWrite(number, buffer.baseAddress! + done, buffer.count - done)
      }
      if some < 0 { throw FileError.system(errno, path, .unwritable) }
      done += some
    }
  }

  /// Waits until everything written is on the disk.
  func synchronize() throws {
    #if canImport(Darwin)
      // fsync leaves the bytes in the drive's own cache on Darwin.
      if fcntl(number, F_FULLFSYNC) == 0 { return }
    #endif
    if repeatingIfInterrupted({ fsync(number) }) == 0 { return }
    // Some file systems cannot synchronize a folder, and say so in these ways.
    if [EINVAL, ENOTSUP, EROFS].contains(errno) { return }
    throw FileError.system(errno, path, .unwritable)
  }

  /// Gives the file the permissions `permissions`, such as `0o644`.
  func setPermissions(_ permissions: UInt32) throws {
    if fchmod(number, mode_t(permissions)) != 0 { throw FileError.system(errno, path, .unwritable) }
  }

  /// What the open file is.
  func status() throws -> FileStatus {
    var status = stat()
    if fstat(number, &status) != 0 { throw FileError.system(errno, path, .unreadable) }
    return FileStatus(status)
  }
}

/// A file mapped into memory: its pages are read as they are touched, and shared with all who read the file. What is
/// written there stays in this process.
final class FileMapping: @unchecked Sendable {
  let bytes: UnsafeMutableRawBufferPointer

  /// Maps the first `byteCount` bytes; nil where files cannot be mapped.
  init?(_ file: FileDescriptor, byteCount: Int) {
    let start = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE, file.number, 0)
    guard let start, start != MAP_FAILED else { return nil }
    bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  deinit { munmap(bytes.baseAddress, bytes.count) }
}

/// What a path leads to.
struct FileStatus {
  enum Kind { case file, folder, other }

  let kind: Kind
  let byteCount: Int
  let permissions: UInt32

  fileprivate init(_ status: stat) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFDIR: kind = .folder
    default: kind = .other
    }
    byteCount = Int(status.st_size)
    permissions = UInt32(status.st_mode & 0o777)
  }

  /// What `path` leads to, links followed; nil if there is nothing.
  init?(of path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }
}

/// The path with all links followed, to a file that is not there yet too; `linkCount` bounds links in a circle.
func resolvingLinks(_ path: String, linkCount: Int = 40) -> String {
  if let resolved = realpath(path, nil) {
    defer { free(resolved) }
    return String(cString: resolved)
  }
  guard linkCount > 0, let target = targetOfLink(path) else { return path }
  let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
  return resolvingLinks(target.hasPrefix("/") ? target : folder + target, linkCount: linkCount - 1)
}

/// What the link at `path` says; nil if there is no link.
private func targetOfLink(_ path: String) -> String? {
  var bytes = [UInt8](repeating: 0, count: 4096)
  let count = bytes.withUnsafeMutableBytes { bytes in
    readlink(path, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
  }
  return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
}

/// Puts the file `source` in the place of `target`, whole or not at all.
func moveFile(_ source: String, to target: String) throws {
  if rename(source, target) != 0 { throw FileError.system(errno, target, .unwritable) }
}

/// Removes a file, if it is there.
func removeFile(_ path: String) { unlink(path) }

/// The number of this process.
var processNumber: Int { Int(getpid()) }

extension FileError {
  /// The error behind a failed system call.
  fileprivate static func system(_ code: Int32, _ path: String, _ kind: Kind) -> FileError {
    let found = String(cString: strerror(code))
    let place = Place(file: path)
    switch code {
    case ENOSPC, EDQUOT, EFBIG:
      return FileError(.diskFull, at: place, found: found, expected: "room for the whole file")
    case ENOENT where kind == .unreadable:
      return FileError(.missing, at: place, found: found, expected: "a file")
    case ENOENT, ENOTDIR:
      return FileError(
        kind, at: place, found: found, expected: "an existing folder", advice: "check the path")
    default:
      return FileError(
        kind, at: place, found: found, expected: kind == .unwritable ? "a writable file" : "a readable file")
    }
  }
}

private func repeatingIfInterrupted<Number: SignedInteger>(_ call: () -> Number) -> Number {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}

/// The system's `write`, which the method of the same name hides.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
