import Foundation
import Recurrent
import Testing

/// Files that were changed at random, the same way in every run, files that a long search for such changes kept, and those that
/// once broke a reader. `Tests/Fuzzing/run` is the search.
@Suite struct MutationTests {
  /// A small fixture of every format.
  static let seeds = files(below: "Fixtures") {
    ["safetensors", "npy", "npz", "pt", "onnx", "json", "nam"].contains($0)
  }
  .filter { (try? bytes(of: $0).count < 8192) ?? false }

  @Test(arguments: seeds) func changedFilesAreReadOrRefused(path: String) throws {
    let seed = try bytes(of: path)
    var random = Mutations(seed: UInt64(seed.count))
    for _ in 0..<200 { expectReadOrRefused(random.change(seed), path) }
  }

  @Test func seedsOfEveryFormatAreTried() {
    #expect(Set(Self.seeds.compactMap { try? TensorFile.format(of: $0) }) == Set(TensorFile.Format.allCases))
  }

  /// What the long search kept: a line for each input, in base64.
  static let corpora = files(below: "Fuzzing/Corpus") { $0 == "txt" }

  @Test(arguments: corpora) func whatTheSearchKeptIsReadOrRefused(path: String) throws {
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count > 100)
    for line in lines {
      expectReadOrRefused([UInt8](try #require(Data(base64Encoded: String(line)))), path)
    }
  }

  @Test func whatOnceBrokeAReaderIsReadOrRefused() throws {
    for path in Self.files(below: "Fuzzing/Findings", where: { _ in true }) {
      expectReadOrRefused(try bytes(of: path), path)
    }
  }

  private func expectReadOrRefused(_ bytes: [UInt8], _ path: String) {
    let start = ContinuousClock.now
    do {
      _ = try NetworkFile(TensorFile.decode(bytes)).networks
    } catch {
      #expect(error is FileError, "\(path): \(error)")
    }
    // A debug build on a busy machine; the fuzzer's own limit is a second in a release build.
    #expect(ContinuousClock.now - start < .seconds(10), "\(path)")
  }

  private static func files(below folder: String, where isWanted: (String) -> Bool) -> [String] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
      path: folder)
    let names = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
    return names.filter { isWanted(URL(filePath: $0).pathExtension) }.sorted().map {
      root.appending(path: $0).path
    }
    .filter { !URL(filePath: $0).hasDirectoryPath && FileManager.default.isReadableFile(atPath: $0) }
  }
}

/// Changes of a file as damage and malice make them, from a seed.
private struct Mutations {
  private var generator: SplitMix64

  init(seed: UInt64) { generator = SplitMix64(state: seed) }

  /// One to four changes.
  mutating func change(_ bytes: [UInt8]) -> [UInt8] {
    var changed = bytes
    for _ in 0...below(4) where !changed.isEmpty { changeOnce(&changed) }
    return changed
  }

  private mutating func changeOnce(_ bytes: inout [UInt8]) {
    let place = below(bytes.count)
    switch below(6) {
    case 0: bytes[place] ^= 1 << below(8)
    case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF, UInt8(ascii: "9")][below(6)]
    case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(16)))
    case 3:
      bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + below(64))], at: below(bytes.count))
    case 4: for index in place..<min(bytes.count, place + 8) { bytes[index] = 0xFF }
    default: bytes.removeSubrange(place...)
    }
  }

  private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA (2014).
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
