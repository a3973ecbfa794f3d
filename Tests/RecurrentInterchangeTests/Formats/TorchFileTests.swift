import Foundation
import Recurrent
import Testing

/// Files by PyTorch itself, made by `make_torch_fixtures.py`, and our own.
@Suite struct TorchFileTests {
  private static let versions = ["1.13", "2.15"]

  private func path(_ name: String) -> String {
    URL(filePath: fixture("")).deletingLastPathComponent().appending(path: "Torch/\(name)").path
  }

  private func expectEqual(
    _ actual: NamedTensors, _ expected: NamedTensors, _ name: String, prefix: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (key, tensor) in expected {
      let other = actual[key]
      #expect(other?.shape == tensor.shape, "\(name) \(key)", sourceLocation: sourceLocation)
      #expect(
        other.map { NPY.encode($0) } == NPY.encode(tensor), "\(name) \(key)", sourceLocation: sourceLocation)
    }
    #expect(Set(actual.names) == Set(expected.names), "\(name)", sourceLocation: sourceLocation)
  }

  @Test(arguments: versions, ["zip", "protocol4", "legacy"])
  func everythingThatPyTorchWritesIsRead(version: String, form: String) throws {
    let file = try TorchFile.read(path("\(version)-\(form).pt"))
    let expected = try SafeTensors.read(path("expected.safetensors"))
    expectEqual(file, expected, "\(version)-\(form)")
    #expect(file.names.first == "model.lstm.weight_ih_l0")
    #expect(file.metadata == expected.metadata)
  }

  @Test(arguments: versions, ["script", "trace"])
  func scriptsAreReadForTheirTensors(version: String, form: String) throws {
    let file = try TorchFile.read(path("\(version)-\(form).pt"))
    let expected = try SafeTensors.read(path("expected.safetensors"))
    for name in ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"] {
      #expect(NPY.encode(file["lstm.\(name)"]!) == NPY.encode(expected["model.lstm.\(name)"]!))
    }
    #expect(file["scale"]!.scalars(as: Float.self) == [-1, -0.875, -0.75])
    #expect(file.metadata.isEmpty)
    #expect(!file.names.contains { $0.contains("_flat_weights") })
    if form == "trace" {
      #expect(file.names.contains("constants.0"))
    } else {
      #expect(Set(file.names.map { $0.split(separator: ".").first! }) == ["lstm", "scale"])
    }
  }

  @Test(arguments: versions) func aTensorAloneIsRead(version: String) throws {
    let file = try TorchFile.read(path("\(version)-tensor.pt"))
    #expect(file.names == ["tensor"])
    #expect(file["tensor"]!.scalars(as: Float.self) == [-1, -0.875, -0.75, -0.625, -0.5, -0.375])
  }

  @Test func bytesMayBeInTheOtherOrder() throws {
    let file = try TorchFile.read(path("big-endian.pt"))
    #expect(file["float"]!.scalars(as: Float.self) == [-1, -0.875, -0.75, -0.625, -0.5, -0.375])
    #expect(file["half"]!.scalars(as: Float.self) == [-1, -0.875, -0.75])
    #expect(file["long"]!.scalars(as: Int64.self) == [-1, 0, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test(
    arguments: versions,
    [
      ("module", FileError.Kind.forbidden, "state_dict()"), ("complex", .dtype, "view_as_real"),
      ("sparse", .forbidden, "to_dense()"), ("quantized", .forbidden, "dequantize()"),
    ])
  func whatIsNotReadIsRefusedWithAWayOut(version: String, refusal: (String, FileError.Kind, String)) {
    let error = expectError(refusal.1, "\(version) \(refusal.0)") {
      try TorchFile.read(path("\(version)-\(refusal.0).pt"))
    }
    #expect(error?.advice.contains(refusal.2) == true, "\(error!)")
  }

  @Test func otherPicklesAreRefused() {
    expectError(.signature) { try TensorFile.decode([0x80, 2, 0x7D, 0x2E]) }
  }

  // MARK: - Writing

  @Test func whatIsWrittenReadsBackTheSame() throws {
    var tensors = SampleTensors.mixed
    tensors.metadata = [:]
    tensors["many"] = Tensor(zeros: [300, 300])
    let file = try TorchFile.encode(tensors)
    let copy = try TensorFile.decode(file)
    expectSame(copy, tensors)
    #expect(try TorchFile.encode(copy) == file)
    #expect(try TorchFile.decode(TorchFile.encode(NamedTensors())).isEmpty)
  }

  @Test func aFileHoldsTheSameBytesAsMemory() throws {
    try withTemporaryFolder { folder in
      try TorchFile.write(SampleTensors.mixed, to: folder + "/mixed.pt")
      #expect(try bytes(of: folder + "/mixed.pt") == TorchFile.encode(SampleTensors.mixed))
      expectSame(try TensorFile.read(folder + "/mixed.pt"), SampleTensors.mixed)
      #expect(try TensorFile.format(of: folder + "/mixed.pt") == .torch)
      #expect(try files(in: folder) == ["mixed.pt"])
    }
  }

  @Test func storagesStandAtMultiplesOf64Bytes() throws {
    let marker: [Float] = [1.25, 7.5, -3.375, 1e20]
    let file = try TorchFile.encode(["a": Tensor([1, 2, 3]), "b": Tensor(marker), "c": Tensor(marker)])
    let pattern = marker.flatMap { PickleBytes.little($0.bitPattern) }
    let places = file.indices.filter { file[$0...].starts(with: pattern) }
    #expect(places.count == 2)
    #expect(places.allSatisfy { $0 % 64 == 0 })
  }

  // MARK: - Damage

  @Test func ourFilesCutOffOrChangedAnywhereAreReadOrRefused() throws {
    expectRobust(try TorchFile.encode(["w": Tensor([1, 2])])) { try TensorFile.decode($0) }
  }

  @Test(arguments: ["1.13-small-legacy.pt", "2.15-small-legacy.pt", "1.13-tensor.pt"])
  func filesCutOffOrChangedAnywhereAreReadOrRefused(name: String) throws {
    expectRobust(try bytes(of: path(name))) { try TensorFile.decode($0) }
  }
}
