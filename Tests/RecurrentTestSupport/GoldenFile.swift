import Foundation
public import Recurrent

/// Values that PyTorch computed: a safetensors file of many cases, as the scripts in `Tests/Fixtures` write it.
///
/// Tensors of case `c017` are named `c017.NAME`; the metadata holds `c017`, the case as JSON.
public struct GoldenFile {
  private let tensors: NamedTensors

  /// Opens a file by its path below `Tests/Fixtures`.
  public init(_ path: String) throws {
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/\(path)")
    tensors = try SafeTensors.read(fixtures.path)
  }

  /// Every case, in order: what it is, and its tensors under their own names.
  public func cases<Description: Decodable>(
    as type: Description.Type = Description.self
  ) throws -> [(key: String, description: Description, tensors: NamedTensors)] {
    let count = tensors.metadata["cases"].flatMap { Int($0) } ?? 0
    return try (0..<count).map { number in
      let digits = String(number)
      let key = "c" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
      let description = try JSONDecoder().decode(type, from: Data(tensors.metadata[key, default: ""].utf8))
      return (key, description, tensors.droppingPrefix(key + "."))
    }
  }
}
