import Recurrent
import Testing

/// Files that are not read are told by how they begin, with what to do instead.
@Suite struct OtherFileTests {
  private static let zip = Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 26)

  private static let files: [(start: [UInt8], found: String, advice: String)] = [
    ([], "empty", "again"), ([0x89] + Array("HDF\r\n\u{1A}\n\0".utf8), "HDF5", "np.savez"),
    (zip + Array("metadata.json{}".utf8), "Keras", "np.savez"),
    (zip + Array("m/data/weights/weight_0".utf8), "torch.export", "torch.save"),
    ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0], "gzip", "gunzip"),
    (Array("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a".utf8), "Git LFS", "git lfs pull"),
    (Array("<!DOCTYPE html><html>".utf8), "web page", "download"),
    (Array("GGUF\u{3}".utf8), "GGUF", "safetensors"),
  ]

  @Test(arguments: files.indices) func isRefusedWithAWayOut(index: Int) {
    let file = Self.files[index]
    let error = expectError(.signature, file.found) { try TensorFile.decode(file.start) }
    #expect(
      error?.found.contains(file.found) == true && error?.advice.contains(file.advice) == true, "\(error!)")
  }

  /// Its header's length has the bytes by which gzip's files are told.
  @Test func aFormatThatIsReadComesFirst() throws {
    let count = 0x8B1F
    let header = Array("{}".utf8) + [UInt8](repeating: 0x20, count: count - 2)
    #expect(try TensorFile.decode([0x1F, 0x8B, 0, 0, 0, 0, 0, 0] + header).isEmpty)
  }
}
