/// Writes files so that nobody ever sees half of one.
///
/// The bytes go to a new file in the same folder (`.NAME.….partial`), which is put on the disk and then takes the
/// place of the old file in one step. Whoever opens the path, at any moment and after a power cut too, finds the
/// whole old file or the whole new one. If `body` or the disk fails, the new file is removed and the old one stays.
/// A process that is killed leaves the `.partial` file behind; it can be deleted.
///
/// The file keeps its permissions, or gets those of any new file (0666 without the umask). Links are followed.
/// A path that leads to a device or pipe, such as `/dev/stdout`, is written directly.
public enum AtomicFile {
  /// Writes the file at `path` with what `body` hands to its sink.
  ///
  /// - Throws: ``FileError`` of kind `unwritable` or `diskFull`, naming `path`; or what `body` throws.
  public static func write(_ path: String, _ body: (FileSink) throws -> Void) throws {
    try withTarget(of: path) { target in
      if FileStatus(of: target)?.kind == .other {
        let sink = FileSink(try FileDescriptor(opening: target, .appending), name: path)
        try body(sink)
        return try sink.flush()
      }
      try replace(target) { file in
        let sink = FileSink(file, name: path)
        try body(sink)
        try sink.flush()
        try file.synchronize()
      }
    }
  }

  /// Writes the file at `path` with these bytes.
  ///
  /// - Throws: ``FileError`` of kind `unwritable` or `diskFull`, naming `path`.
  public static func write(_ bytes: [UInt8], to path: String) throws {
    try write(path) { try $0.write(bytes) }
  }

  /// Puts a file that `body` writes, and may read again, in the place of the one at `path`; if `body` throws, the old one
  /// stays.
  ///
  /// - Parameter body: gets the path of an empty file in the same folder, which it replaces.
  /// - Throws: ``FileError`` of kind `unwritable` or `diskFull`, naming `path`; or what `body` throws.
  package static func replace<Result>(_ path: String, by body: (_ partial: String) throws -> Result) throws
    -> Result
  {
    try withTarget(of: path) { target in
      guard FileStatus(of: target)?.kind != .other else {
        throw FileError(
          .unwritable, at: .init(file: path), found: "a device or pipe",
          expected: "a file, which can be read again")
      }
      return try replace(target) { try body($0.path) }
    }
  }

  /// Hands what a path leads to to `body`; errors are those of the path.
  private static func withTarget<Result>(of path: String, _ body: (String) throws -> Result) throws -> Result
  {
    let target = resolvingLinks(path)
    do {
      return try body(target)
    } catch var error as FileError where error.place.file == target {
      error.place.file = path
      throw error
    }
  }

  private static func replace<Result>(
    _ target: String, _ body: (FileDescriptor) throws -> Result
  ) throws -> Result {
    let existing = FileStatus(of: target)
    try checkName(target, existing)
    let partial = partialPath(for: target)
    do {
      let file = try FileDescriptor(opening: partial, .creating)
      // Before there is anything to read.
      if let existing { try file.setPermissions(existing.permissions) }
      let result = try body(file)
      try moveFile(partial, to: target)
      // The rename itself must reach the disk too: it is written in the folder. A folder that may be written but not
      // read cannot be told so; the file is whole all the same.
      if let folder = try? FileDescriptor(opening: folder(of: target), .reading) { try folder.synchronize() }
      return result
    } catch {
      removeFile(partial)
      guard var error = error as? FileError, error.place.file == partial else { throw error }
      error.place.file = target
      throw error
    }
  }

  private static func checkName(_ path: String, _ existing: FileStatus?) throws {
    guard existing?.kind == .folder || path.isEmpty || path.hasSuffix("/") else { return }
    let found = path.isEmpty ? "an empty path" : "a folder"
    throw FileError(
      .unwritable, at: .init(file: path), found: found, expected: "a file", advice: "add a file name")
  }

  private static func partialPath(for path: String) -> String {
    // A name has at most 255 bytes on most file systems; 32 scalars are at most 128.
    let name = String(path.split(separator: "/").last ?? "").unicodeScalars.prefix(32)
    let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    return folder(of: path) + "/." + String(name) + ".\(processNumber)-\(unique).partial"
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
