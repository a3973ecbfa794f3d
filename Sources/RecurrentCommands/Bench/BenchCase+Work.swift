/// The arithmetic of a case, and what bounds its time from below. Activations and memory for results are left out.
extension BenchCase {
  /// Two for each multiplication by a weight; the way back takes two more products for each.
  package var operationCount: Double {
    let forward = (0..<layerCount).reduce(0.0) { $0 + 2 * Double(rowCount) * weightCount(ofLevel: $1) }
    return mode == .train ? 3 * forward : forward
  }

  /// Weights that one row is multiplied by.
  private func weightCount(ofLevel level: Int) -> Double {
    Double(directionCount * kind.gateCount * hiddenSize) * Double(inputSize(ofLevel: level) + hiddenSize)
  }

  /// All weights.
  var weightCount: Double { (0..<layerCount).reduce(0) { $0 + weightCount(ofLevel: $1) } }

  /// The seconds that it must take on `threads` cores of `machine`.
  ///
  /// A step multiplies by every weight once, and must read it. In a sequence the products with U come one after the
  /// other (on the way back too), each with the rows of one step; all others can be merged, and read weights once.
  func leastSeconds(on machine: Machine, threads: Int, weights: StoredWeights) -> Double {
    let cores = Double(threads)
    let peak = machine.operationsPerSecond * cores
    func reading(_ bytes: Double) -> Double { bytes / (cores * machine.bytesPerSecond(of: bytes / cores)) }
    if mode == .step { return max(operationCount / peak, reading(weights.byteCount * weightCount)) }

    let recurrent = Double(kind.gateCount * hiddenSize * hiddenSize)
    let passes = Double(layerCount * directionCount * (mode == .train ? 2 : 1))
    let inTurn = max(2 * Double(rowCount) * recurrent / peak, Double(stepCount) * reading(4 * recurrent))
    let merged = operationCount - passes * 2 * Double(rowCount) * recurrent
    return passes * inTurn + max(merged / peak, reading(4 * weightCount))
  }
}
