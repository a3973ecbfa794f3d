import Foundation
import Recurrent
import RecurrentInterchange
import Testing

@Suite struct AtomicFileTests {
  private struct Interruption: Error {}

  @Test func writesAndReplacesWholeFiles() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      let large = [UInt8](repeating: 7, count: 200_000)
      for content in [[], [1, 2, 3], large, [4]] as [[UInt8]] {
        try AtomicFile.write(path) { sink in
          for piece in stride(from: 0, to: content.count, by: 70_001) {
            try sink.write(Array(content[piece..<min(piece + 70_001, content.count)]))
          }
        }
        #expect(try bytes(of: path) == content)
        #expect(try files(in: folder) == ["file"])
      }
    }
  }

  @Test func anErrorLeavesTheOldFileAndNothingElse() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try AtomicFile.write([1, 2, 3], to: path)
      #expect(throws: Interruption.self) {
        try AtomicFile.write(path) { sink in
          try sink.write([UInt8](repeating: 9, count: 100_000))
          throw Interruption()
        }
      }
      #expect(try bytes(of: path) == [1, 2, 3])
      #expect(try files(in: folder) == ["file"])
    }
  }

  @Test func aProcessKilledBeforeTheRenameLeavesTheOldFile() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "recurrent-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/file"
    try AtomicFile.write([1, 2, 3], to: path)
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      try AtomicFile.write(path) { sink in
        try sink.write([UInt8](repeating: 9, count: 100_000))
        kill(getpid(), SIGKILL)
      }
    }
    #expect(try bytes(of: path) == [1, 2, 3])
    #expect(try files(in: folder).count == 2)
    try AtomicFile.write([4], to: path)
    #expect(try bytes(of: path) == [4])
  }

  @Test func aFileLargerThanAllowedLeavesTheOldFile() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "recurrent-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/file"
    try AtomicFile.write([1, 2, 3], to: path)
    // The limit holds for the whole process, hence one of its own.
    await #expect(processExitsWith: .success) { [path = path as String] in
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 50_000, rlim_max: 50_000)
      #if os(Linux)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      #else
        setrlimit(RLIMIT_FSIZE, &limit)
      #endif
      let error = expectError(.diskFull) {
        try AtomicFile.write([UInt8](repeating: 9, count: 100_000), to: path)
      }
      #expect(error?.place.file == path)
    }
    #expect(try bytes(of: path) == [1, 2, 3])
    #expect(try files(in: folder) == ["file"])
  }

  #if os(Linux)
    @Test func aFullDiskIsAClearError() {
      let error = expectError(.diskFull) { try SafeTensors.write(["x": Tensor([1])], to: "/dev/full") }
      #expect(error?.place.file == "/dev/full")
      #expect("\(error!)".contains("/dev/full"))
    }
  #endif

  @Test func devicesAreWrittenDirectly() throws {
    try AtomicFile.write([1, 2, 3], to: "/dev/null")
    #expect(
      try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type] as? FileAttributeType
        != .typeRegular)
  }

  @Test func foldersThatCannotBeWrittenAreClearErrors() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write([1], to: folder + "/file")
      for path in ["/file/below", "/absent/file", "", "/"] {
        let error = expectError(.unwritable, path) { try AtomicFile.write([2], to: folder + path) }
        #expect(error?.place.file == folder + path)
      }
      expectError(.unwritable) { try AtomicFile.write([2], to: "") }
      #expect(try files(in: folder) == ["file"])
      #expect(try bytes(of: folder + "/file") == [1])
    }
  }

  @Test func permissionsAreKeptAndOtherwiseThoseOfANewFile() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try AtomicFile.write([1], to: path)
      let mask = umask(0)
      umask(mask)
      #expect(try permissions(of: path) == Int(0o666 & ~mask))
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
      try AtomicFile.write([2], to: path)
      #expect(try permissions(of: path) == 0o640)
    }
  }

  @Test func whatReplacesAFileIsAsPrivateFromTheBeginning() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try AtomicFile.write([1], to: path)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
      try AtomicFile.replace(path) { partial in
        #expect(try permissions(of: partial) == 0o600)
        try AtomicFile.write([2], to: partial)
        #expect(try permissions(of: partial) == 0o600)
      }
      #expect(try bytes(of: path) == [2] && permissions(of: path) == 0o600)
      #expect(try files(in: folder) == ["file"])
    }
  }

  @Test func errorsInWhatReplacesAFileNameTheFile() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try AtomicFile.write([1], to: path)
      let error = expectError(.signature) { try AtomicFile.replace(path) { try TensorFile.read($0) } }
      #expect(error?.place.file == path)
      #expect(try files(in: folder) == ["file"] && bytes(of: path) == [1])
      expectError(.unwritable) { try AtomicFile.replace("/dev/null") { _ in } }
    }
  }

  private func permissions(of path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  @Test func linksAreFollowedToFilesThatAreNotThereYet() throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "/far", withIntermediateDirectories: true)
      for (link, target) in [("link", "far/next"), ("far/next", folder + "/far/file")] {
        try FileManager.default.createSymbolicLink(
          atPath: folder + "/" + link, withDestinationPath: target)
      }
      try AtomicFile.write([2], to: folder + "/link")
      #expect(try bytes(of: folder + "/far/file") == [2])
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link") == "far/next")
    }
  }

  @Test func linksAreFollowed() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write([1], to: folder + "/file")
      try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "file")
      try AtomicFile.write([2], to: folder + "/link")
      #expect(try bytes(of: folder + "/file") == [2])
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link") == "file")
    }
  }

  @Test func longNamesAreWritten() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/" + String(repeating: "n", count: 255)
      try AtomicFile.write([1], to: path)
      #expect(try bytes(of: path) == [1])
    }
  }
}
