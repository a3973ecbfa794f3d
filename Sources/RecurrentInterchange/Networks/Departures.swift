import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

/// In what a network departs from one direction of PyTorch's cells in float32 with nothing behind it: what another
/// system's form may have no room for.
enum Departure: CaseIterable {
  case bidirectional, projection, peepholes, initialState, head, variant, float64
}

extension StoredNetwork {
  /// Makes sure that a form can hold the network.
  ///
  /// - Parameters:
  ///   - system: what the form is called in messages.
  ///   - kept: the departures that it has room for.
  /// - Throws: ``FileError`` of kind `inexpressible` that names the first one for which there is no room.
  func expectFits(_ system: String, keeping kept: Set<Departure>) throws {
    for departure in Departure.allCases where !kept.contains(departure) {
      guard let found = phrase(for: departure) else { continue }
      throw FileError(
        .inexpressible, at: .init(file: name), found: found, expected: "what \(system) has room for",
        advice: "choose another format, such as safetensors")
    }
  }

  /// Makes sure that JSON has room for every weight.
  func expectFinite(_ system: String) throws {
    let all =
      weights.map { $0 }
      + [head.map { ("head.weight", $0.weight) }, head?.bias.map { ("head.bias", $0) }].compactMap { $0 }
    for (name, tensor) in all where !tensor.isFinite {
      throw FileError(
        .inexpressible, at: .init(file: self.name, tensor: name), found: "numbers that are infinite or NaN",
        expected: "finite ones: \(system)'s files have no room for others")
    }
  }

  /// What is lost where both biases of a cell become one; nothing if the second is zeros.
  var lossOfSecondBias: [String] {
    levels.joined().contains { $0.biasHH?.isZero == false } ? [Self.lossOfSums()] : []
  }

  /// What is lost in a form whose numbers are float32.
  var lossOfPrecision: [String] {
    network.dtype == .float64 ? ["float64 weights are read back as float32"] : []
  }

  /// What is said of biases that are summed.
  static func lossOfSums(_ gates: String = "") -> String {
    "bias_ih and bias_hh\(gates) become their sum; results keep their bits"
  }

  /// What is said of a departure; nil if the network has none of that sort.
  private func phrase(for departure: Departure) -> String? {
    let variant = variant.simplified(for: network.kind)
    func isThere(_ name: String) -> Bool { weights.names.contains { $0.hasPrefix(name) } }
    func isSet(_ name: String) -> Bool {
      weights.contains { $0.name.hasPrefix(name) && !$0.tensor.isZero }
    }
    return switch departure {
    case .bidirectional: network.isBidirectional ? "two directions" : nil
    case .projection: network.projectionSize > 0 ? "projections of the hidden state" : nil
    case .peepholes: isThere("weight_peephole") ? "peepholes" : nil
    case .initialState: isSet("initial_") ? "a trained initial state" : nil
    case .head: head == nil ? nil : "a linear layer behind the network"
    case .variant: variant == CellVariant() ? nil : "cells with " + variant.spelling
    case .float64: network.dtype == .float64 ? "float64 weights" : nil
    }
  }
}
