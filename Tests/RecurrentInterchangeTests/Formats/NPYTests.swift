import Recurrent
import Testing

@Suite struct NPYTests {
  @Test func whatIsWrittenReadsBackTheSame() throws {
    for (name, tensor) in SampleTensors.mixed {
      let copy = try NPY.decode(NPY.encode(tensor))
      #expect(copy.shape == tensor.shape && copy.dtype == tensor.dtype, "\(name)")
      #expect(NPY.encode(copy) == NPY.encode(tensor), "\(name)")
    }
  }

  @Test func writesTheBytesThatNumPyWrites() throws {
    let array = Tensor([0, 1, 2, 3, 4, 5] as [Double], shape: [2, 3])
    #expect(try NPY.encode(array) == bytes(of: fixture("version1.npy")))
  }

  @Test(arguments: [1, 2, 3]) func everyVersionIsRead(version: Int) throws {
    let array = try NPY.read(fixture("version\(version).npy"))
    #expect(array.shape == [2, 3])
    #expect(array.scalars(as: Double.self) == [0, 1, 2, 3, 4, 5])
  }

  @Test(arguments: ["objects", "fields", "complex", "text"])
  func otherElementTypesAreRefused(name: String) {
    let error = expectError(.dtype) { try NPY.read(fixture(name + ".npy")) }
    if name == "objects" { #expect(error?.advice.contains("never run") == true) }
  }

  @Test func filesCutOffOrChangedAnywhereAreReadOrRefused() {
    expectRobust(NPY.encode(Tensor([1, 2, 3]))) { try NPY.decode($0) }
  }

  static let headers: [(header: String, kind: FileError.Kind?)] = [
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }", nil),
    (#"{"shape":(2,2,),"descr":"|i1","fortran_order":True}"#, nil),
    ("{'descr': '<u1', 'fortran_order': False, 'shape': (4, 1)}\n", nil),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", .trailing),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", .trailing),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (5,), }", .truncated),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", .shape),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904, 4), }", .shape),
    ("{'descr': '<f4', 'fortran_order': True, 'shape': (4611686018427387904, 4, 0), }", .shape),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", .syntax),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (-4,), }", .syntax),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (4), }", .syntax),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': [4], }", .syntax),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (04,), }", .syntax),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (,), }", .syntax),
    ("{'descr': '|u1', 'fortran_order': 0, 'shape': (4,), }", .syntax),
    ("{'descr': u1, 'fortran_order': False, 'shape': (4,), }", .syntax),
    ("{'descr': '|u\\x31', 'fortran_order': False, 'shape': (4,), }", .syntax),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (4,), } + f()", .syntax),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (4,), ", .syntax),
    ("['descr']", .syntax),
    ("", .syntax),
    ("{'descr': '|u1', 'fortran_order': False, }", .missingField),
    ("{'descr': '|u1', 'shape': (4,), }", .missingField),
    ("{'fortran_order': False, 'shape': (4,), }", .missingField),
    ("{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (4,), }", .duplicate),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (4,), 'more': 1}", .unknownField),
    ("{'descr': '|f4', 'fortran_order': False, 'shape': (1,), }", .dtype),
    ("{'descr': '=f4', 'fortran_order': False, 'shape': (1,), }", .dtype),
    ("{'descr': 'f4', 'fortran_order': False, 'shape': (1,), }", .dtype),
    ("{'descr': '', 'fortran_order': False, 'shape': (1,), }", .dtype),
    ("{'descr': '<f16', 'fortran_order': False, 'shape': (1,), }", .dtype),
  ]

  @Test(arguments: headers.indices)
  func headersAreReadStrictly(index: Int) throws {
    let (header, kind) = Self.headers[index]
    let length = header.utf8.count
    let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)]
    let file = start + Array(header.utf8) + [1, 2, 3, 4]
    if let kind {
      expectError(kind, header) { try NPY.decode(file) }
    } else {
      #expect(try NPY.decode(file).count == 4)
    }
  }

  @Test func fortranOrderOfThreeDimensionsIsTurned() throws {
    let header = #"{"descr":">i2","fortran_order":True,"shape":(2,3,2)}"#
    let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0]
    let array = try NPY.decode(start + Array(header.utf8) + (0..<12).flatMap { [0, $0] })
    #expect(array.scalars(as: Int64.self) == [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11])
  }

  @Test func fortranOrderIsTurned() throws {
    let header = #"{"descr":"|i1","fortran_order":True,"shape":(2,3)}"#
    let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0]
    let array = try NPY.decode(start + Array(header.utf8) + [0, 3, 1, 4, 2, 5])
    #expect(array.scalars(as: Int64.self) == [0, 1, 2, 3, 4, 5])
  }

  @Test func otherVersionsAndSignaturesAreRefused() {
    let good = NPY.encode(Tensor([1]))
    expectError(.version) { try NPY.decode(Array(good[..<6]) + [4, 0] + good[8...]) }
    expectError(.version) { try NPY.decode(Array(good[..<6]) + [1, 1] + good[8...]) }
    expectError(.signature) { try NPY.decode([0x94] + good[1...]) }
    expectError(.headerLength) {
      try NPY.decode(Array(good[..<6]) + [2, 0, 0xFF, 0xFF, 0xFF, 0xFF] + good[12...])
    }
  }
}
