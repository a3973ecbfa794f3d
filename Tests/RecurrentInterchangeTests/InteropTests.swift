import Foundation
import Recurrent
import Testing

/// Leaves files for `Tests/Interop/check_interchange.py`, which reads them with Python's own tools:
///
///     RECURRENT_INTEROP_FOLDER=/tmp/interop swift test --filter InteropTests
///     python Tests/Interop/check_interchange.py /tmp/interop
@Suite struct InteropTests {
  private static let folder = ProcessInfo.processInfo.environment["RECURRENT_INTEROP_FOLDER"]

  @Test(.enabled(if: folder != nil)) func filesAreLeftForPython() throws {
    let folder = try #require(Self.folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let tensors = SampleTensors.mixed
    try SafeTensors.write(tensors, to: folder + "/mixed.safetensors")
    try SafeTensors.write(NamedTensors(), to: folder + "/none.safetensors")
    try NPZ.write(tensors, to: folder + "/mixed.npz")
    try NPZ.write(NamedTensors(), to: folder + "/none.npz")
    for limit in [0, 300, 700] {
      try AtomicFile.write(NPZ.encode(tensors, narrowLimit: limit), to: folder + "/wide\(limit).npz")
    }
    for (name, tensor) in tensors where name != "한글" { try NPY.write(tensor, to: folder + "/\(name).npy") }
  }
}
