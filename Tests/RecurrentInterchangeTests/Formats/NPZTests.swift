import Recurrent
import Testing

@Suite struct NPZTests {
  @Test func whatIsWrittenReadsBackTheSame() throws {
    let tensors = SampleTensors.mixed
    let bytes = try NPZ.encode(tensors)
    expectSame(try NPZ.decode(bytes), tensors)
    #expect(try NPZ.encode(NPZ.decode(bytes)) == bytes)
    #expect(try NPZ.decode(NPZ.encode(NamedTensors())).isEmpty)
  }

  @Test func aFileHoldsTheSameBytesAsMemory() throws {
    try withTemporaryFolder { folder in
      try NPZ.write(SampleTensors.mixed, to: folder + "/mixed.npz")
      #expect(try bytes(of: folder + "/mixed.npz") == NPZ.encode(SampleTensors.mixed))
      expectSame(try NPZ.read(folder + "/mixed.npz"), SampleTensors.mixed)
    }
  }

  @Test(arguments: [0, 1, 150, 300, 100_000])
  func wideRecordsReadBackTheSame(limit: Int) throws {
    expectSame(try NPZ.decode(NPZ.encode(SampleTensors.mixed, narrowLimit: limit)), SampleTensors.mixed)
  }

  @Test func everyArrayThatPythonWritesIsRead() throws {
    let arrays = try NPZ.read(fixture("arrays.npz"))
    let expected = try SafeTensors.read(fixture("arrays-expected.safetensors"))
    #expect(Set(arrays.names) == Set(expected.names))
    for (name, tensor) in expected {
      #expect(arrays[name]!.shape == tensor.shape, "\(name)")
      #expect(NPY.encode(arrays[name]!) == NPY.encode(tensor), "\(name)")
    }
  }

  @Test(arguments: ["few", "streamed", "compressed", "streamed-compressed"])
  func sizesMayFollowTheDataAndEntriesMayBeDeflated(name: String) throws {
    let arrays = try NPZ.read(fixture(name + ".npz"))
    #expect(arrays.names == ["input", "lengths"])
    #expect(arrays["input"]!.scalars(as: Float.self) == [0, 1, 2, 3, 4, 5])
    #expect(arrays["lengths"]!.scalars(as: Int64.self) == [2])
  }

  @Test func anEmptyArchiveIsRead() throws {
    #expect(try NPZ.read(fixture("none.npz")).isEmpty)
  }

  @Test(arguments: ["few", "streamed", "compressed", "streamed-compressed"])
  func filesCutOffOrChangedAnywhereAreReadOrRefused(name: String) throws {
    expectRobust(try bytes(of: fixture(name + ".npz"))) { try NPZ.decode($0) }
  }

  @Test func wideFilesCutOffOrChangedAnywhereAreReadOrRefused() throws {
    expectRobust(try NPZ.encode(["x": Tensor([1, 2])], narrowLimit: 0)) { try NPZ.decode($0) }
  }

  @Test func everyChangedByteOfAnArrayIsNoticed() throws {
    let tensors: NamedTensors = ["x": Tensor([1, 2, 3])]
    let file = try NPZ.encode(tensors)
    let start = 30 + "x.npy".utf8.count
    for position in start..<start + NPY.encode(tensors["x"]!).count {
      var changed = file
      changed[position] ^= 0x10
      #expect(throws: FileError.self, "byte \(position)") { try NPZ.decode(changed) }
    }
  }

  @Test(arguments: ["../x", "/x", "a/../b", "a//b", "./x", "a\\b", "C:x", "a\0", "..", "x/"])
  func namesThatLeadOutOfAFolderAreRefused(name: String) {
    if name != ".." && name != "x/" { expectError(.name, name) { try NPZ.encode([name: Tensor([1])]) } }
    expectError(.name, name) { try NPZ.decode(ZipFile.bytes([ZipFile.Entry(name)])) }
  }

  @Test func namesMayHoldFolders() throws {
    let tensors: NamedTensors = ["encoder/lstm.weight": Tensor([1])]
    expectSame(try NPZ.decode(NPZ.encode(tensors)), tensors)
  }

  @Test func entriesThatAreNotArraysAreRefused() {
    expectError(.name) { try NPZ.decode(ZipFile.bytes([ZipFile.Entry("x.txt")])) }
    expectError(.signature) { try NPZ.decode(ZipFile.bytes([ZipFile.Entry("x.npy")])) }
  }
}
