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

/// The text of files and folders, joined into one.
///
/// Files come in the order in which they are named; a folder stands for all text files in it and in its folders, each level
/// sorted by the bytes of the names. They are joined with nothing between them. In a folder, names that begin with a
/// dot and links are passed over, and so are files that are not UTF-8 or hold a zero byte: those are counted. A
/// file that is named itself must be UTF-8.
struct TextFiles {
  /// The text of all files.
  private(set) var text = ""
  /// How many files it came from.
  private(set) var fileCount = 0
  /// How many bytes those have.
  private(set) var byteCount = 0
  /// How many files in folders are no text.
  private(set) var skippedCount = 0

  /// The files that the run itself writes: no text of its own.
  private let written: [WrittenFile]

  /// Reads files and folders. Files that are to be `written` are passed over in folders.
  ///
  /// - Throws: ``CommandError``: a path that cannot be read, a named file that is not UTF-8 or is to be written,
  ///   or no text at all.
  init(_ paths: [String], written: [WrittenFile] = []) throws {
    self.written = written
    for path in paths {
      try isFolder(path) ? readFolder(path) : readFile(path)
    }
    guard fileCount > 0 else {
      let found = skippedCount == 0 ? "no file" : "none among \(skippedCount.counting("file"))"
      throw CommandError(
        .noText, "no text in \(paths.joined(separator: ", "))", found: found,
        expected: "a file of UTF-8 text", advice: "name a file, or a folder with text in it")
    }
    guard !text.isEmpty else {
      throw CommandError(
        .noText, "empty text in \(paths.joined(separator: ", "))",
        found: "0 bytes in \(fileCount.counting("file"))", expected: "text to read",
        advice: "name a file with text in it")
    }
  }

  /// One line, such as `103 files, 612,345 bytes (2 skipped: no text)`.
  var summary: String {
    let skipped = skippedCount == 0 ? "" : " (\(skippedCount.grouped) skipped: no UTF-8 text)"
    return "\(fileCount.counting("file")), \(byteCount.counting("byte"))\(skipped)"
  }

  // MARK: - Files

  private mutating func readFile(_ path: String) throws {
    for file in written { try file.checkDiffers(from: path, "text to read") }
    let bytes = try Self.bytes(of: path)
    if let byte = UTF8Validation.firstInvalidByte(in: bytes) {
      let value = String(bytes[byte], radix: 16, uppercase: true)
      throw CommandError(
        .encoding, "not UTF-8: \(path), byte \(byte)", found: "0x" + (value.count < 2 ? "0" : "") + value,
        expected: "text in UTF-8", advice: "convert the file, for example with iconv -t UTF-8")
    }
    append(bytes)
  }

  private mutating func append(_ bytes: [UInt8]) {
    text += String(decoding: bytes, as: UTF8.self)
    fileCount += 1
    byteCount += bytes.count
  }

  private static func bytes(of path: String) throws -> [UInt8] {
    // By path: a URL takes a leading ~ for the home folder.
    if let data = FileManager.default.contents(atPath: path) { return [UInt8](data) }
    let exists = FileStatus(path) != nil
    throw CommandError(
      .file, "cannot read \(path)",
      found: exists ? "no permission, or no regular file" : "no such file or folder",
      expected: "a text file or a folder", advice: "check the path")
  }

  // MARK: - Folders

  private func isFolder(_ path: String) -> Bool { FileStatus(path)?.kind == .folder }

  private mutating func readFolder(_ folder: String) throws {
    for name in try Self.names(in: folder) {
      let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
      switch FileStatus(path, followsLinks: false)?.kind {
      case .folder: try readFolder(path)
      case .file where written.contains { $0.isSame(as: path) }: break
      case .file: readIfText(path)
      case nil: skippedCount += 1  // such as a name that is not UTF-8
      default: break
      }
    }
  }

  private static func names(in folder: String) throws -> [String] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw CommandError(
        .file, "cannot read the folder \(folder)", found: "no permission", expected: "its list of files",
        advice: "check its permissions")
    }
    return names.filter { !$0.hasPrefix(".") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private mutating func readIfText(_ path: String) {
    guard Self.mayBeText(path), let bytes = try? Self.bytes(of: path), !bytes.contains(0),
      UTF8Validation.firstInvalidByte(in: bytes) == nil
    else {
      skippedCount += 1
      return
    }
    append(bytes)
  }

  /// Looks at the beginning only, so that large binary files are not read.
  private static func mayBeText(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var start = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &start, start.count)
    return !start.prefix(max(count, 0)).contains(0)
  }
}
