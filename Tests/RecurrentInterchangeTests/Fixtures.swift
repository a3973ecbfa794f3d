import Foundation
import Recurrent
import Testing

/// The path of a file below `Tests/Fixtures/Interchange`, made by `make_interchange_fixtures.py`.
func fixture(_ name: String) -> String {
  URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Fixtures/Interchange/\(name)").standardizedFileURL.path
}

/// The bytes of a file.
func bytes(of path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(filePath: path)))
}

/// Runs `body` in a new folder, which is removed afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "recurrent-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// The names of the files in a folder, hidden ones too, sorted.
func files(in folder: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}

/// Expects a ``FileError`` of one kind; returns it.
@discardableResult func expectError<Result>(
  _ kind: FileError.Kind, _ label: String = "", sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Result
) -> FileError? {
  do {
    _ = try body()
    Issue.record("\(label): no error, expected \(kind)", sourceLocation: sourceLocation)
  } catch let error as FileError {
    #expect(error.kind == kind, "\(label): \(error)", sourceLocation: sourceLocation)
    return error
  } catch {
    Issue.record("\(label): \(error), expected a FileError", sourceLocation: sourceLocation)
  }
  return nil
}

/// What every reader must stand: the file cut off at every byte, and every byte changed.
func expectRobust<Result>(
  _ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation, _ read: ([UInt8]) throws -> Result
) {
  for end in bytes.indices {
    #expect(throws: FileError.self, "cut off at \(end)", sourceLocation: sourceLocation) {
      try read([UInt8](bytes[..<end]))
    }
  }
  for position in bytes.indices {
    for mask in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF] as [UInt8] {
      var changed = bytes
      changed[position] ^= mask
      do {
        _ = try read(changed)
      } catch {
        #expect(error is FileError, "byte \(position) ^ \(mask): \(error)", sourceLocation: sourceLocation)
      }
    }
  }
}
