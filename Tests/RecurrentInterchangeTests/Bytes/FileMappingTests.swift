import Foundation
import Recurrent
import Testing

@Suite struct FileMappingTests {
  /// Larger than the smallest file that is mapped, with a tensor too small to stay in the mapping.
  private let tensors: NamedTensors = [
    "large": Generator(seed: 1).uniform([5, 1 << 20], from: -1, to: 1), "small": Tensor([1, 2, 3]),
  ]

  @Test func aLargeFileHasTheBitsThatWereWritten() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/large.safetensors"
      try SafeTensors.write(tensors, to: path)
      let read = try SafeTensors.read(path)
      #expect(read["large"]!.scalars(as: Float.self) == tensors["large"]!.scalars(as: Float.self))
      #expect(read["small"]!.scalars(as: Float.self) == [1, 2, 3])
    }
  }

  @Test func whatIsWrittenIntoATensorStaysOutOfTheFile() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/large.safetensors"
      try SafeTensors.write(tensors, to: path)
      let before = try bytes(of: path)
      var linear = Linear(inputSize: 1 << 20, outputSize: 5, bias: false)
      linear.weight = try SafeTensors.read(path)["large"]!
      var optimizer = SGD(learningRate: 1)
      let (_, gradients) = valueAndGradients(of: linear) { $0.weight.sum() }
      optimizer.update(&linear, along: gradients)
      #expect(linear.weight.scalars(as: Float.self)[0] == tensors["large"]!.scalars(as: Float.self)[0] - 1)
      #expect(try bytes(of: path) == before)
    }
  }

  @Test func aTensorOutlivesTheFilesName() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/large.safetensors"
      try SafeTensors.write(tensors, to: path)
      let large = try SafeTensors.read(path)["large"]!
      try SafeTensors.write(["large": Tensor(zeros: [5, 1 << 20])], to: path)
      #expect(large.scalars(as: Float.self)[7] == tensors["large"]!.scalars(as: Float.self)[7])
    }
  }
}
