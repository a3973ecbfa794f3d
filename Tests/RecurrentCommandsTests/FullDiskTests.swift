import Foundation
import Recurrent
import Testing

/// Where nothing can be written, that is said, and no part of a file is left behind.
struct FullDiskTests {
  private func makeTool() throws -> BuiltTool {
    let tool = try BuiltTool()
    try tool.write(sampleText, to: "a.txt")
    let weights = NamedTensors(RNN(inputSize: 2, hiddenSize: 40).parameters)
    try SafeTensors.write(weights, to: tool.path("w.safetensors"))
    try NPY.write(Tensor(zeros: [90, 1, 2]), to: tool.path("x.npy"))
    return tool
  }

  private static let run = ["run", "w.safetensors", "--input", "x.npy", "--output"]
  private static let train = ["train", "text", "a.txt"] + smallModel + ["--steps", "3"]

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func fullDeviceIsNamed() throws {
    let tool = try makeTool()
    let before = tool.names
    let commands = [
      Self.run + ["/dev/full"], Self.train + ["--checkpoint", "/dev/full"],
      Self.train + ["--log", "/dev/full"],
      Self.train + ["--log", "new.csv", "--checkpoint", "/dev/full"],
    ]
    for command in commands {
      let result = try tool.run(command)
      #expect(result.code == 1, "\(command) \(result.error)")
      #expect(
        result.error.contains("/dev/full") && result.error.lowercased().contains("space left"),
        "\(result.error)")
      #expect(tool.names == before, "\(command)")
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func outputThatCannotBeWrittenIsAnError() throws {
    let tool = try makeTool()
    let command = "'\(BuiltTool.executable.path)' inspect w.safetensors > /dev/full"
    let result = try tool.run(["-c", command], executable: URL(filePath: "/bin/sh"))
    #expect(result.code == 1)
    #expect(result.error.contains("cannot write to standard output"))
  }

  @Test func fileThatMayNotGrowLeavesNothingBehind() throws {
    let tool = try makeTool()
    let before = tool.names
    // A limit of one block stands for a disk that fills up in the middle of a file.
    for arguments in [
      Self.run + ["out.npz"], Self.train + ["--checkpoint", "new.safetensors", "--log", "new.csv"],
    ] {
      let command =
        "trap '' XFSZ; ulimit -f 1; '\(BuiltTool.executable.path)' \(arguments.joined(separator: " ")) 2>&1 | cat"
      let result = try tool.run(["-c", command], executable: URL(filePath: "/bin/sh"))
      #expect(result.text.contains("Error: "), "\(result.text)")
      #expect(tool.names == before, "\(arguments)")
    }
  }

  @Test(.enabled(if: getuid() != 0, "the superuser may write everywhere"))
  func unwritableFolderIsNamed() throws {
    let tool = try makeTool()
    try FileManager.default.createDirectory(atPath: tool.path("closed"), withIntermediateDirectories: true)
    try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: tool.path("closed"))
    let before = tool.names
    for command in [
      Self.run + ["closed/y.npz"], Self.train + ["--checkpoint", "closed/c"],
      Self.train + ["--log", "closed/l"],
    ] {
      let result = try tool.run(command)
      #expect(result.code == 1)
      #expect(
        result.error.contains("cannot write closed/") && result.error.contains("no permission"),
        "\(result.error)")
      #expect(tool.names == before)
    }
  }
}
