import Recurrent
import Testing

@Suite struct TensorFileTests {
  @Test func theFormatIsToldByTheContent() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      let tensors: NamedTensors = ["array": Tensor([1, 2])]
      let files = [
        (TensorFile.Format.safetensors, try SafeTensors.encode(tensors)), (.npz, try NPZ.encode(tensors)),
        (.npy, NPY.encode(tensors["array"]!)), (.npz, try NPZ.encode(NamedTensors())),
      ]
      for (format, content) in files {
        try AtomicFile.write(content, to: path)
        #expect(try TensorFile.format(of: path) == format)
        let file = try TensorFile(reading: path)
        #expect(file.format == format && file.tensors.source == path)
        if !file.tensors.isEmpty { expectSame(file.tensors, tensors) }
        #expect(try TensorFile(decoding: content).format == format)
      }
    }
  }

  @Test(arguments: [640, 896, 1152, 1408])
  func headersWhoseLengthLooksLikeAPickleAreHeaders(length: Int) throws {
    var tensors: NamedTensors = ["x": Tensor([1])]
    tensors.metadata["note"] = ""
    let header = try Int(SafeTensors.encode(tensors)[0])
    tensors.metadata["note"] = String(repeating: "n", count: length - header)
    let file = try SafeTensors.encode(tensors)
    #expect(file[0] == 0x80 && (2...5).contains(file[1]))
    expectSame(try TensorFile.decode(file), tensors)
  }

  @Test func headersWhoseLengthLooksLikeGzipAreHeaders() throws {
    let header = SafeTensorsFile.header()
    let padding = String(repeating: " ", count: 0x8B1F - header.utf8.count)
    let file = SafeTensorsFile.bytes(header + padding, data: [1, 2, 3, 4])
    #expect(file.starts(with: [0x1F, 0x8B]))
    #expect(try TensorFile(decoding: file).format == .safetensors)
  }

  @Test func otherFilesAreRefused() throws {
    try withTemporaryFolder { folder in
      for content in ["", "hello", "a longer text that is no tensor file"] {
        try AtomicFile.write(Array(content.utf8), to: folder + "/file")
        expectError(.signature, content) { try TensorFile.read(folder + "/file") }
      }
      expectError(.missing) { try TensorFile.read(folder + "/absent") }
      expectError(.unreadable) { try TensorFile.read(folder) }
      expectError(.unreadable) { try TensorFile.read("/dev/null") }
    }
  }
}
