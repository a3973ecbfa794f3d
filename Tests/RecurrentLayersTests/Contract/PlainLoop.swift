import Foundation
import Recurrent

/// The cells once more, as loops over numbers of float64, one sequence at a time: what every layer is measured by.
struct PlainLoop {
  let cell: ContractCell
  let layer: any ContractLayer
  private let parameters: ParameterList

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
    switch cell {
    case .rnnTanh, .rnnRelu:
      let z = sums(x, state[0], ending)
      let h = z.map { cell == .rnnTanh ? Foundation.tanh($0) : max($0, 0) }
      return (h, [h])
    case .lstm, .lstmProjected: return lstmStep(x, state, ending)
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
    let c = (0..<size).map { j in
      logistic(z[size + j]) * state[1][j] + logistic(z[j]) * Foundation.tanh(z[2 * size + j])
    }
    var h = (0..<size).map { logistic(z[3 * size + $0]) * Foundation.tanh(c[$0]) }
    if cell == .lstmProjected { h = product(parameter("weight_hr", ending), h) }
    return (h, [h, c])
  }

  private func gruStep(
    _ x: [Double], _ h: [Double], _ ending: String
  ) -> (output: [Double], state: [[Double]]) {
    let input = zip(product(parameter("weight_ih", ending), x), parameter("bias_ih", ending)).map(+)
    let hidden = zip(product(parameter("weight_hh", ending), h), parameter("bias_hh", ending)).map(+)
    let next = h.indices.map { j in
      let r = logistic(input[j] + hidden[j])
      let z = logistic(input[h.count + j] + hidden[h.count + j])
      let n = Foundation.tanh(input[2 * h.count + j] + r * hidden[2 * h.count + j])
      return (1 - z) * n + z * h[j]
    }
    return (next, [next])
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

private func logistic(_ x: Double) -> Double { 1 / (1 + Foundation.exp(-x)) }

/// A matrix, row by row, times a vector.
private func product(_ matrix: [Double], _ vector: [Double]) -> [Double] {
  (0..<matrix.count / vector.count).map { row in
    vector.indices.reduce(0) { $0 + matrix[row * vector.count + $1] * vector[$1] }
  }
}
