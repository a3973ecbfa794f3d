import Recurrent
import RecurrentTestSupport
import Testing

@Suite struct SafeTensorsTests {
  @Test func whatIsWrittenReadsBackTheSame() throws {
    let tensors = SampleTensors.mixed
    let bytes = try SafeTensors.encode(tensors)
    let copy = try SafeTensors.decode(bytes)
    expectSame(copy, tensors)
    #expect(copy.metadata == tensors.metadata)
    #expect(try SafeTensors.encode(copy) == bytes)
  }

  @Test func aFileHoldsTheSameBytesAsMemory() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/mixed.safetensors"
      try SafeTensors.write(SampleTensors.mixed, to: path)
      #expect(try bytes(of: path) == SafeTensors.encode(SampleTensors.mixed))
      expectSame(try SafeTensors.read(path), SampleTensors.mixed)
      #expect(try SafeTensors.read(path).source == path)
    }
  }

  @Test func headerAndTensorsAreAligned() throws {
    for letters in 1...9 {
      let name = String(repeating: "n", count: letters)
      let tensors: NamedTensors = ["odd": Tensor([1, 2, 3]), name: Tensor([7] as [Double], shape: [1])]
      let bytes = try SafeTensors.encode(tensors)
      // The double is first in the data, though second in the header, and the data begins at a multiple of 8.
      #expect((bytes.count - 12 - 8) % 8 == 0)
      #expect(Array(bytes.suffix(20).prefix(8)) == [0, 0, 0, 0, 0, 0, 0x1C, 0x40])
      expectSame(try SafeTensors.decode(bytes), tensors)
    }
  }

  @Test func noTensorsAreAFileToo() throws {
    let bytes = try SafeTensors.encode(NamedTensors())
    #expect(bytes == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
    #expect(try SafeTensors.decode(bytes).isEmpty)
  }

  @Test func everyTypeThatPythonWritesIsRead() throws {
    let tensors = try SafeTensors.read(fixture("types.safetensors"))
    let expected = try SafeTensors.read(fixture("types-expected.safetensors"))
    #expect(Set(tensors.names) == Set(expected.names))
    for (name, tensor) in expected {
      #expect(tensors[name]!.shape == tensor.shape, "\(name)")
      #expect(tensors[name]!.dtype == tensor.dtype, "\(name)")
      #expect(NPY.encode(tensors[name]!) == NPY.encode(tensor), "\(name)")
    }
    #expect(tensors.metadata["note"] == "quote \" backslash \\ newline \n emoji 🎸 한글")
  }

  @Test func headerOrderNeedNotBeTheOrderOfTheBytes() throws {
    let header =
      #"{"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},"a":{"dtype":"I8","shape":[],"data_offsets":[0,1]}}"#
    let tensors = try SafeTensors.decode(SafeTensorsFile.bytes(header, data: [0xFF, 1, 2]))
    #expect(tensors.names == ["b", "a"])
    #expect(tensors["b"]!.scalars(as: Int64.self) == [1, 2])
    #expect(tensors["a"]!.scalars(as: Int64.self) == [-1])
  }

  @Test func escapesInNamesAreResolved() throws {
    let header = #"{"\u00e9\ud83c\udfb8\n\/":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#
    #expect(try SafeTensors.decode(SafeTensorsFile.bytes(header, data: [])).names == ["é🎸\n/"])
  }

  #if !(os(macOS) && arch(x86_64))
    @Test func everyHalfPrecisionNumberExpandsExactly() throws {
      let halves = (0...UInt16.max).map { $0 }
      let header = #"{"h":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}}"#
      let data = halves.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
      let floats = try SafeTensors.decode(SafeTensorsFile.bytes(header, data: data))["h"]!.scalars(
        as: Float.self)
      let wrong = halves.first { half in
        let (actual, expected) = (floats[Int(half)], Float(Float16(bitPattern: half)))
        return expected.isNaN ? !actual.isNaN : actual.bitPattern != expected.bitPattern
      }
      #expect(wrong == nil)
    }
  #endif

  @Test func metadataMayBeNull() throws {
    // As MLX writes it.
    let text = Array(#"{"__metadata__":null,"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#.utf8)
    let tensors = try SafeTensors.decode([UInt8(text.count), 0, 0, 0, 0, 0, 0, 0] + text + [0, 0, 0, 0])
    #expect(tensors.names == ["a"] && tensors.metadata.isEmpty)
  }
}

/// Files put together by hand.
enum SafeTensorsFile {
  /// A file with this header.
  static func bytes(_ header: String, data: [UInt8]) -> [UInt8] {
    bytes(headerLength: UInt64(header.utf8.count), Array(header.utf8) + data)
  }

  /// A file that says its header is `headerLength` long.
  static func bytes(headerLength: UInt64, _ rest: [UInt8]) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: headerLength >> (8 * $0)) } + rest
  }

  /// A header with one tensor `x`.
  static func header(
    dtype: String = "\"U8\"", shape: String = "[4]", offsets: String = "[0,4]", more: String = ""
  ) -> String {
    #"{"x":{"dtype":\#(dtype),"shape":\#(shape),"data_offsets":\#(offsets)}\#(more)}"#
  }
}
