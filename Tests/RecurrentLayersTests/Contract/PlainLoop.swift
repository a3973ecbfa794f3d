import Foundation
import Recurrent
import RecurrentTestSupport

/// The cells once more, as loops over numbers of float64, one sequence at a time: what every layer is measured by.
struct PlainLoop {
  let cell: ContractCell
  let layer: any ContractLayer
  private let parameters: ParameterList
  /// How near anything came to a place where its derivative jumps.
  let kinks = NearestKink()

  init(_ cell: ContractCell, _ layer: any ContractLayer) {
    self.cell = cell
    self.layer = layer
    parameters = layer.parameters
  }

  /// All levels and directions over one sequence `[T][I]`: the output, and the final state of every cell.
  func run(
    _ sequence: [[Double]], from states: [[[Double]]]
  ) -> (output: [[Double]], states: [[[Double]]]) {
    var rows = sequence
    var final: [[[Double]]] = []
    for level in 0..<layer.layerCount {
      let results = (0..<layer.directionCount).map { direction in
        let initial = states[level * layer.directionCount + direction]
        return read(rows, "_l\(level)" + (direction == 0 ? "" : "_reverse"), direction == 1, initial)
      }
      final += results.map(\.state)
      rows = rows.indices.map { step in results.flatMap { $0.output[step] } }
    }
    return (rows, final)
  }

  private func read(
    _ rows: [[Double]], _ ending: String, _ reversed: Bool, _ initial: [[Double]]
  ) -> (output: [[Double]], state: [[Double]]) {
    var state = initial
    var output: [[Double]] = []
    for row in reversed ? rows.reversed() : rows {
      let next = step(row, state, ending)
      state = next.state
      output.append(next.output)
    }
    return (reversed ? output.reversed() : output, state)
  }

  private func step(
    _ x: [Double], _ state: [[Double]], _ ending: String
  ) -> (output: [Double], state: [[Double]]) {
    switch cell.kind {
    case .rnn:
      let h = sums(x, state[0], ending).map { bounded($0, functions[0]) }
      return (h, [h])
    case .lstm: return lstmStep(x, state, ending)
    case .gru: return gruStep(x, state[0], ending)
    case .toy:
      let decay = parameter("decay", ending)
      let gain = parameter("gain", ending)
      let h = decay.indices.map { j in
        decay[j] * state[0][j] + x.indices.reduce(0) { $0 + x[$1] * gain[$1 * decay.count + j] }
      }
      return (h + h.map { -2 * $0 }, [h])
    }
  }

  private func lstmStep(
    _ x: [Double], _ state: [[Double]], _ ending: String
  ) -> (output: [Double], state: [[Double]]) {
    let (z, size) = (sums(x, state[0], ending), state[1].count)
    let p = cell.hasPeepholes ? parameter("weight_peephole", ending) : Array(repeating: 0, count: 3 * size)
    let c = (0..<size).map { j in
      let i = bounded(z[j] + p[j] * state[1][j], functions[0])
      let f = bounded(z[size + j] + p[size + j] * state[1][j], functions[0])
      let g = bounded(z[2 * size + j], functions[1])
      return (cell.variant.couplesInputAndForget ? 1 - i : f) * state[1][j] + i * g
    }
    var h = (0..<size).map { j in
      bounded(z[3 * size + j] + p[2 * size + j] * c[j], functions[0]) * value(functions[2], c[j])
    }
    if parameters["weight_hr" + ending] != nil { h = product(parameter("weight_hr", ending), h) }
    return (h, [h, c])
  }

  private func gruStep(
    _ x: [Double], _ h: [Double], _ ending: String
  ) -> (output: [Double], state: [[Double]]) {
    let input = zip(product(parameter("weight_ih", ending), x), parameter("bias_ih", ending)).map(+)
    let hidden = zip(product(parameter("weight_hh", ending), h), parameter("bias_hh", ending)).map(+)
    let r = h.indices.map { bounded(input[$0] + hidden[$0], functions[0]) }
    let again = zip(product(parameter("weight_hh", ending), zip(r, h).map(*)), parameter("bias_hh", ending))
      .map(+)
    let next = h.indices.map { j in
      let z = bounded(input[h.count + j] + hidden[h.count + j], functions[0])
      let part = cell.variant.resetsBeforeProduct ? again[2 * h.count + j] : r[j] * hidden[2 * h.count + j]
      let n = bounded(input[2 * h.count + j] + part, functions[1])
      return (1 - z) * n + z * h[j]
    }
    return (next, [next])
  }

  private var functions: [Activation] {
    cell.variant.activations ?? (cell.kind == .rnn ? [.tanh] : [.sigmoid, .tanh, .tanh])
  }

  /// What follows a sum.
  private func bounded(_ sum: Double, _ function: Activation) -> Double {
    let limit = cell.variant.clip ?? .infinity
    kinks.see(abs(abs(sum) - limit))
    return value(function, min(max(sum, -limit), limit))
  }

  private func value(_ function: Activation, _ x: Double) -> Double {
    for kink in function.kinks { kinks.see(abs(x - kink)) }
    return function.plain(x)
  }

  /// `W x + b_ih + U h + b_hh`.
  private func sums(_ x: [Double], _ h: [Double], _ ending: String) -> [Double] {
    let input = product(parameter("weight_ih", ending), x)
    let hidden = product(parameter("weight_hh", ending), h)
    let (first, second) = (parameter("bias_ih", ending), parameter("bias_hh", ending))
    return input.indices.map { input[$0] + first[$0] + hidden[$0] + second[$0] }
  }

  private func parameter(_ name: String, _ ending: String) -> [Double] {
    parameters[name + ending]!.asType(.float64).scalars()
  }
}

/// A matrix, row by row, times a vector.
private func product(_ matrix: [Double], _ vector: [Double]) -> [Double] {
  (0..<matrix.count / vector.count).map { row in
    vector.indices.reduce(0) { $0 + matrix[row * vector.count + $1] * vector[$1] }
  }
}

final class NearestKink {
  private(set) var distance = Double.infinity

  func see(_ other: Double) { distance = min(distance, other) }
}

extension Activation {
  /// Where the derivative jumps.
  fileprivate var kinks: [Double] {
    switch self {
    case .relu, .leakyRelu, .elu: [0]
    case .thresholdedRelu(let alpha): [alpha]
    case .hardSigmoid(let alpha, let beta): [-beta / alpha, (1 - beta) / alpha]
    default: []
    }
  }
}
