import Foundation
import Recurrent
import Testing

/// The built `rnn`, run as a process in a folder of its own that is removed afterwards.
final class BuiltTool {
  /// What a run gave.
  struct Result {
    let code: Int32
    let wasKilled: Bool
    let output: [UInt8]
    let error: String
    var text: String { String(decoding: output, as: UTF8.self) }
  }

  /// The folder that commands run in.
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "rnn-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// The executable stands beside the tests' own.
  static let executable: URL = {
    let tests = CommandLine.arguments.first { $0.contains(".xctest") } ?? CommandLine.arguments[0]
    let place = tests.range(
      of: "/", options: .backwards,
      range: tests.startIndex..<(tests.range(of: ".xctest")?.lowerBound ?? tests.endIndex))
    let besides = URL(filePath: String(tests[..<(place?.lowerBound ?? tests.startIndex)])).appending(
      path: "rnn")
    if FileManager.default.isExecutableFile(atPath: besides.path) { return besides }
    return URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../.build/debug/rnn")
      .standardizedFileURL
  }()

  // MARK: - Files

  func path(_ name: String) -> String { folder.appending(path: name).path }

  func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  func write(_ bytes: [UInt8], to name: String) throws {
    let url = folder.appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  func bytes(_ name: String) -> [UInt8]? {
    FileManager.default.contents(atPath: path(name)).map { [UInt8]($0) }
  }

  func text(_ name: String) -> String? { bytes(name).map { String(decoding: $0, as: UTF8.self) } }

  /// The names of all files and folders, sorted.
  var names: [String] { (FileManager.default.subpaths(atPath: folder.path) ?? []).sorted() }

  // MARK: - Running

  @discardableResult
  func run(_ arguments: String...) throws -> Result { try run(arguments) }

  /// Runs the tool; `during` may look at it, or end it, while it runs.
  @discardableResult
  func run(
    _ arguments: [String], executable: URL = executable, environment: [String: String] = [:],
    during: (Process) throws -> Void = { _ in }
  ) throws -> Result {
    let (outputFile, errorFile) = (try OutputFile(), try OutputFile())
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment
      .merging(["LC_ALL": "C.UTF-8", "NO_COLOR": ""]) { $1 }.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = outputFile.handle
    process.standardError = errorFile.handle
    try process.run()
    try during(process)
    process.waitUntilExit()
    return Result(
      code: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
      output: outputFile.contents, error: String(decoding: errorFile.contents, as: UTF8.self))
  }
}

/// A file outside of the folder: pipes fill up, files do not.
private final class OutputFile {
  private let url: URL
  let handle: FileHandle

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "rnn-output-\(UUID().uuidString)")
    try Data().write(to: url)
    handle = try FileHandle(forWritingTo: url)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  var contents: [UInt8] { FileManager.default.contents(atPath: url.path).map { [UInt8]($0) } ?? [] }
}

/// A text in several scripts, long enough for small windows.
let sampleText = String(repeating: "The quick brown fox jumps. 다람쥐 헌 쳇바퀴에 타고파 🙂👍🏽\n", count: 40)

/// Options for a model and windows so small that a debug build is quick.
let smallModel = ["--hidden", "8", "--layers", "1", "--batch", "3", "--unroll", "7", "--sample-every", "0"]

/// A folder with `a.txt` and the checkpoint of two steps on it.
func trainedTool(_ options: String...) throws -> BuiltTool {
  let tool = try BuiltTool()
  try tool.write(sampleText, to: "a.txt")
  let result = try tool.run(["train", "text", "a.txt"] + smallModel + ["--steps", "2"] + options)
  #expect(result.code == 0, "\(result.error)")
  return tool
}

extension NamedTensors {
  /// Adds a module's parameters, with a prefix before their names.
  mutating func add(_ module: some Module, at prefix: String) {
    for (name, tensor) in module.parameters { self[prefix + name] = tensor }
  }
}
