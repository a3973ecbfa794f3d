public import Recurrent

/// One case of a file of goldens: what it is, and under their names the tensors that PyTorch took and gave.
public struct Golden<Configuration: Decodable & Sendable>: Sendable {
  /// File and case: `Layers/lstm-float32 c017`.
  public let name: String
  /// What the case is.
  public let configuration: Configuration
  /// Its tensors.
  public let tensors: NamedTensors

  /// A case with tensors of one's own.
  public init(name: String, configuration: Configuration, tensors: NamedTensors) {
    self.name = name
    self.configuration = configuration
    self.tensors = tensors
  }

  /// The tensor called `name`.
  public subscript(name: String) -> Tensor? { tensors[name] }

  /// The cases of `Tests/Fixtures/FILE.safetensors`, in order.
  public static func load(_ file: String) throws -> [Golden] {
    try GoldenFile(file + ".safetensors").cases(as: Configuration.self).map { key, configuration, tensors in
      Golden(name: "\(file) \(key)", configuration: configuration, tensors: tensors)
    }
  }
}
