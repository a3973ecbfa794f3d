import Recurrent
import Testing

/// One rule of the format, one broken file, one kind of error.
@Suite struct SafeTensorsAttackTests {
  @Test func filesCutOffOrChangedAnywhereAreReadOrRefused() throws {
    let small: NamedTensors = ["w": Tensor([1, 2, 3]), "n": Tensor([5] as [Int64], shape: [])]
    var tensors = small
    tensors.metadata = ["k": "v\n"]
    expectRobust(try SafeTensors.encode(tensors)) { try SafeTensors.decode($0) }
  }

  @Test(arguments: [
    (0, 7, FileError.Kind.truncated), (100_000_001, 8, .headerLength), (9, 8, .headerLength),
    (.max, 8, .headerLength), (1 << 63, 8, .headerLength), (100_000_000, 8, .headerLength),
    (0, 8, .signature),
  ])
  func headerLengthsAreProvenFirst(length: UInt64, available: Int, kind: FileError.Kind) {
    var file = SafeTensorsFile.bytes(headerLength: length, Array("{}      ".utf8))
    if available < 8 { file = Array(file.prefix(available)) }
    expectError(kind) { try SafeTensors.decode(file) }
  }

  static let headers: [(header: String, kind: FileError.Kind)] = [
    // Layout.
    (SafeTensorsFile.header(offsets: "[0,3]"), .byteCount),
    (SafeTensorsFile.header(offsets: "[4,0]"), .offsets),
    (SafeTensorsFile.header(offsets: "[0]"), .offsets),
    (SafeTensorsFile.header(offsets: "[0,4,4]"), .offsets),
    (SafeTensorsFile.header(shape: "[5]", offsets: "[0,5]"), .offsets),
    (SafeTensorsFile.header(shape: "[3]", offsets: "[1,4]"), .hole),
    (SafeTensorsFile.header(shape: "[3]", offsets: "[0,3]"), .trailing),
    (SafeTensorsFile.header(shape: "[3]", offsets: "[0,3]", more: second("[2,4]")), .overlap),
    (SafeTensorsFile.header(shape: "[1]", offsets: "[0,1]", more: second("[2,4]")), .hole),
    (SafeTensorsFile.header(offsets: "[0,4]", more: second("[0,2]")), .overlap),
    ("{}", .trailing),
    // Shapes.
    (SafeTensorsFile.header(shape: "[4294967296,4294967296]"), .shape),
    (SafeTensorsFile.header(shape: "[9223372036854775807]"), .shape),
    (SafeTensorsFile.header(shape: "[0,4611686018427387904,4]", offsets: "[0,0]"), .shape),
    (SafeTensorsFile.header(shape: "[4611686018427387904,4,0]", offsets: "[0,0]"), .shape),
    (
      SafeTensorsFile.header(shape: "[" + [String](repeating: "1", count: 65).joined(separator: ",") + "]"),
      .shape
    ),
    (SafeTensorsFile.header(shape: "[9223372036854775808]"), .syntax),
    (SafeTensorsFile.header(shape: "[-4]"), .syntax),
    (SafeTensorsFile.header(shape: "[4.0]"), .syntax),
    (SafeTensorsFile.header(shape: "[4e0]"), .syntax),
    (SafeTensorsFile.header(shape: "[04]"), .syntax),
    (SafeTensorsFile.header(shape: "[[4]]"), .syntax),
    (SafeTensorsFile.header(shape: "4"), .syntax),
    (SafeTensorsFile.header(shape: "[4,]"), .syntax),
    (SafeTensorsFile.header(shape: "[true]"), .syntax),
    (SafeTensorsFile.header(shape: "null"), .syntax),
    // Types.
    (SafeTensorsFile.header(dtype: "\"C64\""), .dtype),
    (SafeTensorsFile.header(dtype: "\"F8_E4M3\""), .dtype),
    (SafeTensorsFile.header(dtype: "\"u8\""), .dtype),
    (SafeTensorsFile.header(dtype: "8"), .syntax),
    // Keys.
    (#"{"x":{"dtype":"U8","shape":[4]}}"#, .missingField),
    (#"{"x":{"dtype":"U8","data_offsets":[0,4]}}"#, .missingField),
    (#"{"x":{"shape":[4],"data_offsets":[0,4]}}"#, .missingField),
    (#"{"x":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, .duplicate),
    (#"{"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"strides":[1]}}"#, .unknownField),
    (SafeTensorsFile.header(more: #","x":{"dtype":"U8","shape":[0],"data_offsets":[4,4]}"#), .duplicate),
    (SafeTensorsFile.header(more: #","\u0078":{"dtype":"U8","shape":[0],"data_offsets":[4,4]}"#), .duplicate),
    (SafeTensorsFile.header(more: #","__metadata__":{"a":"1","a":"2"}"#), .duplicate),
    (SafeTensorsFile.header(more: #","__metadata__":{},"__metadata__":{}"#), .duplicate),
    (SafeTensorsFile.header(more: #","__metadata__":{"a":1}"#), .syntax),
    (SafeTensorsFile.header(more: #","__metadata__":{"a":{"b":"c"}}"#), .syntax),
    (SafeTensorsFile.header(more: #","__metadata__":[]"#), .syntax),
    // JSON.
    ("[]", .signature),
    (" {}", .signature),
    ("{", .syntax),
    (SafeTensorsFile.header() + "x", .syntax),
    (SafeTensorsFile.header() + "\0", .syntax),
    (SafeTensorsFile.header(more: ","), .syntax),
    (SafeTensorsFile.header(dtype: "'U8'"), .syntax),
    (SafeTensorsFile.header(dtype: #""\x55""#), .syntax),
    (SafeTensorsFile.header(dtype: #""\u00""#), .syntax),
    (SafeTensorsFile.header(dtype: #""\ud800""#), .syntax),
    (SafeTensorsFile.header(dtype: #""\udc00\ud800""#), .syntax),
    (SafeTensorsFile.header(dtype: #""\ud800\u0041""#), .syntax),
    (SafeTensorsFile.header(dtype: "\"U\n8\""), .syntax),
    ("{\"" + String(repeating: "[", count: 100_000), .syntax),
    (#"{"x":"# + String(repeating: "[", count: 100_000), .syntax),
    (#"{"x":"# + String(repeating: #"{"x":"#, count: 100_000), .unknownField),
  ]

  @Test(arguments: headers.indices)
  func brokenHeadersAreRefused(index: Int) {
    let (header, kind) = Self.headers[index]
    expectError(kind, String(header.prefix(200))) {
      try SafeTensors.decode(SafeTensorsFile.bytes(header, data: [1, 2, 3, 4]))
    }
  }

  private static func second(_ offsets: String) -> String {
    #","y":{"dtype":"U8","shape":[2],"data_offsets":\#(offsets)}"#
  }

  @Test func namesThatAreNotUTF8AreRefused() {
    let header = Array(SafeTensorsFile.header().utf8.map { $0 == UInt8(ascii: "x") ? 0xFF : $0 })
    let file = SafeTensorsFile.bytes(headerLength: UInt64(header.count), header + [1, 2, 3, 4])
    expectError(.syntax) { try SafeTensors.decode(file) }
  }

  /// Swift's strings take a time that grows with the square of the marks on a letter to be looked up.
  @Test func namesThatTakeMinutesToCompareAreRefused() throws {
    let marks = String(String.UnicodeScalarView((0..<100_000).map { $0 % 2 == 0 ? "\u{301}" : "\u{316}" }))
    let start = ContinuousClock.now
    for header in [
      SafeTensorsFile.header().replacing("\"x\"", with: "\"x\(marks)\""),
      SafeTensorsFile.header(more: ",\"__metadata__\":{\"x\(marks)\":\"\"}"),
      SafeTensorsFile.header(dtype: "\"U8\(marks)\""),
    ] {
      let file = SafeTensorsFile.bytes(header, data: [1, 2, 3, 4])
      expectError(.name) { try SafeTensors.decode(file) }
    }
    let shorter = String(marks.unicodeScalars.prefix(2000))
    expectError(.name) { try NPZ.decode(ZipFile.bytes([ZipFile.Entry("x\(shorter).npy")])) }
    let key = PickleBytes.text("k" + shorter)
    let pickle = PickleBytes.dictionary + key + PickleBytes.tensor() + PickleBytes.setItem
    #expect(try TorchFile.decode(PickleBytes.archive(PickleBytes.pickle(pickle))).names == ["#0"])
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test func namesWithAsManyMarksAsPeopleWriteAreRead() throws {
    let tensors: NamedTensors = ["a\(String(repeating: "\u{301}", count: 30))": Tensor([1])]
    expectSame(try SafeTensors.decode(SafeTensors.encode(tensors)), tensors)
    expectSame(try NPZ.decode(NPZ.encode(tensors)), tensors)
  }

  @Test func unsignedNumbersBeyondInt64AreRefused() {
    let header = SafeTensorsFile.header(dtype: "\"U64\"", shape: "[1]", offsets: "[0,8]")
    let error = expectError(.value) {
      try SafeTensors.decode(SafeTensorsFile.bytes(header, data: [0, 0, 0, 0, 0, 0, 0, 0x80]))
    }
    #expect(error?.place.tensor == "x")
  }

  @Test func aTensorMayNotBeCalledMetadata() {
    expectError(.name) { try SafeTensors.encode(["__metadata__": Tensor([1])]) }
  }

  @Test func notANumberAndInfinityPassThrough() throws {
    let values: [Float] = [.nan, -.nan, Float(bitPattern: 0x7F80_0001), .infinity]
    let copy = try SafeTensors.decode(SafeTensors.encode(["x": Tensor(values)]))["x"]!.scalars(as: Float.self)
    #expect(copy.map(\.bitPattern) == values.map(\.bitPattern))
  }
}
