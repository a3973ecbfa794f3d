import RecurrentKernels

/// One direction of one layer, forwards and backwards, in the order that the arithmetic's specification fixes.
struct PlainSequence<S: OracleScalar> {
  var shape: CellShape
  var counts: [Int]
  var batchSize: Int
  var reversed: Bool
  var inputWeight, hiddenWeight, inputBias, hiddenBias, projection: [S]
  /// Empty without peepholes.
  var peephole: [S] = []

  struct Forward {
    var output: [[S]]
    var hidden, cell: [[S]]
    /// Per packed row: gates after their activations, c before and after, h before, o tanh(c).
    var steps: [Int: Step] = [:]
  }
  struct Step {
    var gates: [[S]] = []
    var candidate: [S] = []
    var previousHidden: [S]
    var previousCell: [S]
    var cell: [S] = []
    var unprojected: [S] = []
    var output: [S] = []
  }
  struct Backward {
    var input, hidden, cell: [[S]]
    var inputWeight, hiddenWeight, inputBias, hiddenBias, projection, peephole: [S]
  }

  var size: Int { shape.hiddenSize }
  var gateCount: Int { shape.cell.gateCount }
  var order: [Int] { reversed ? Array(counts.indices.reversed()) : Array(counts.indices) }
  func row(_ t: Int, _ b: Int) -> Int { counts[..<t].reduce(0, +) + b }

  /// acc = start; for k ascending: acc = fma(W[row, k], x[k], acc).
  func chain(_ start: S, _ weights: [S], row: Int, _ x: [S]) -> S {
    x.indices.reduce(start) { $0.addingProduct(weights[row * x.count + $1], x[$1]) }
  }

  func preactivation(_ gate: Int, _ unit: Int, _ x: [S], _ h: [S]) -> S {
    let n = gate * size + unit
    let fromInput = chain(inputBias[n] + hiddenBias[n], inputWeight, row: n, x)
    return chain(fromInput, hiddenWeight, row: n, h)
  }

  // MARK: - Forward

  func forward(_ input: [[S]], hidden: [[S]], cell: [[S]]) -> Forward {
    var result = Forward(output: input.map { _ in [] }, hidden: hidden, cell: cell)
    for t in order {
      for b in 0..<counts[t] {
        let at = row(t, b)
        let step = self.step(input[at], result.hidden[b], result.cell[b])
        result.steps[at] = step
        result.hidden[b] = step.output
        result.cell[b] = step.cell
        result.output[at] = step.output
      }
    }
    return result
  }

  func step(_ x: [S], _ h: [S], _ c: [S]) -> Step {
    var step = Step(previousHidden: h, previousCell: c)
    if shape.variant != nil {
      stepVariant(&step, x, h, c)
      return projected(step)
    }
    switch shape.cell {
    case .rnnTanh: step.unprojected = (0..<size).map { Plain.tanh(preactivation(0, $0, x, h)) }
    case .rnnRelu:
      step.unprojected = (0..<size).map {
        let z = preactivation(0, $0, x, h)
        return z < 0 ? 0 : z
      }
    case .lstm: stepLSTM(&step, x, h, c)
    case .gru: stepGRU(&step, x, h)
    }
    return projected(step)
  }

  private func projected(_ step: Step) -> Step {
    var step = step
    step.output =
      shape.projectionSize == 0
      ? step.unprojected
      : (0..<shape.projectionSize).map { chain(0, projection, row: $0, step.unprojected) }
    return step
  }

  private func stepLSTM(_ step: inout Step, _ x: [S], _ h: [S], _ c: [S]) {
    step.gates = (0..<4).map { gate in
      (0..<size).map { unit in
        let z = preactivation(gate, unit, x, h)
        return gate == 2 ? Plain.tanh(z) : Plain.sigmoid(z)
      }
    }
    let (i, f, g, o) = (step.gates[0], step.gates[1], step.gates[2], step.gates[3])
    step.cell = (0..<size).map { (i[$0] * g[$0]).addingProduct(f[$0], c[$0]) }
    step.unprojected = (0..<size).map { o[$0] * Plain.tanh(step.cell[$0]) }
  }

  private func stepGRU(_ step: inout Step, _ x: [S], _ h: [S]) {
    let r = (0..<size).map { Plain.sigmoid(preactivation(0, $0, x, h)) }
    let z = (0..<size).map { Plain.sigmoid(preactivation(1, $0, x, h)) }
    let nh = (0..<size).map { chain(hiddenBias[2 * size + $0], hiddenWeight, row: 2 * size + $0, h) }
    let n = (0..<size).map {
      Plain.tanh(
        chain(inputBias[2 * size + $0], inputWeight, row: 2 * size + $0, x).addingProduct(r[$0], nh[$0]))
    }
    step.gates = [r, z, n]
    step.candidate = nh
    step.unprojected = (0..<size).map { n[$0].addingProduct(z[$0], h[$0] - n[$0]) }
  }

  // MARK: - Backward

  /// Derivatives of the pre-activations of one step: for the input's weights and for the hidden state's.
  struct Slopes {
    var input, hidden: [[S]]
    var previousCell: [S]
    /// The part of dh that reaches the previous hidden state directly (GRU).
    var direct: [S]
  }

  func backward(
    _ forward: Forward, _ input: [[S]], outputGradient: [[S]]?, hiddenGradient: [[S]], cellGradient: [[S]]
  ) -> Backward {
    var (dh, dc) = (hiddenGradient, cellGradient)
    var dx = input
    var (ranks, slopes, outputs): ([Int], [Int: Slopes], [Int: [S]]) = ([], [:], [:])
    for (place, t) in order.enumerated().reversed() {
      for b in 0..<counts[t] {
        let at = row(t, b)
        let isLast = place + 1 == order.count || b >= counts[order[place + 1]]
        if isLast, let outputGradient { dh[b] = dh[b].indices.map { outputGradient[at][$0] + dh[b][$0] } }
        outputs[at] = dh[b]
        let slope = self.slope(forward.steps[at]!, dh[b], dc[b])
        let earlier = place > 0 && b < counts[order[place - 1]] ? row(order[place - 1], b) : nil
        dc[b] = slope.previousCell
        dh[b] = hiddenGradientBefore(slope, earlier.flatMap { outputGradient?[$0] })
        dx[at] = (0..<shape.inputSize).map {
          transposedChain(0, slope.input, inputWeight, $0, shape.inputSize)
        }
        slopes[at] = slope
        ranks.append(at)
      }
    }
    return weightGradients(forward, input, dx, dh, dc, ranks, slopes, outputs)
  }

  private func hiddenGradientBefore(_ slope: Slopes, _ upstream: [S]?) -> [S] {
    (0..<shape.outputSize).map { unit in
      let direct: S = shape.cell == .gru ? slope.direct[unit] : 0
      let start: S = upstream.map { shape.cell == .gru ? $0[unit] + direct : $0[unit] } ?? direct
      return transposedChain(start, slope.hidden, hiddenWeight, unit, shape.outputSize)
    }
  }

  /// acc = start; for n ascending: acc = fma(W[n, column], dz[n], acc).
  private func transposedChain(_ start: S, _ slopes: [[S]], _ weights: [S], _ column: Int, _ columns: Int)
    -> S
  {
    slopes.joined().enumerated().reduce(start) {
      $0.addingProduct(weights[$1.offset * columns + column], $1.element)
    }
  }

  private func slope(_ step: Step, _ dh: [S], _ dc: [S]) -> Slopes {
    if shape.variant != nil { return slopeVariant(step, dh, dc) }
    switch shape.cell {
    case .rnnTanh:
      let dz = (0..<size).map { dh[$0] * S(1).addingProduct(-step.output[$0], step.output[$0]) }
      return Slopes(input: [dz], hidden: [dz], previousCell: dc, direct: [])
    case .rnnRelu:
      let dz = (0..<size).map { step.output[$0] > 0 ? dh[$0] : 0 }
      return Slopes(input: [dz], hidden: [dz], previousCell: dc, direct: [])
    case .lstm: return slopeLSTM(step, dh, dc)
    case .gru: return slopeGRU(step, dh)
    }
  }

  private func slopeLSTM(_ step: Step, _ dh: [S], _ dc: [S]) -> Slopes {
    var dz = [[S]](repeating: [S](repeating: 0, count: size), count: 4)
    var previous = dc
    for u in 0..<size {
      let (i, f, g, o) = (step.gates[0][u], step.gates[1][u], step.gates[2][u], step.gates[3][u])
      let dm =
        shape.projectionSize == 0
        ? dh[u] : dh.indices.reduce(S(0)) { $0.addingProduct(projection[$1 * size + u], dh[$1]) }
      let t = Plain.tanh(step.cell[u])
      let d = dc[u].addingProduct(dm * o, S(1).addingProduct(-t, t))
      dz[0][u] = d * g * (i * (1 - i))
      dz[1][u] = d * step.previousCell[u] * (f * (1 - f))
      dz[2][u] = d * i * S(1).addingProduct(-g, g)
      dz[3][u] = dm * t * (o * (1 - o))
      previous[u] = d * f
    }
    return Slopes(input: dz, hidden: dz, previousCell: previous, direct: [])
  }

  private func slopeGRU(_ step: Step, _ dh: [S]) -> Slopes {
    var dz = [[S]](repeating: [S](repeating: 0, count: size), count: 3)
    var (hidden, direct) = ([S](repeating: 0, count: size), dh)
    for u in 0..<size {
      let (r, z, n, nh) = (step.gates[0][u], step.gates[1][u], step.gates[2][u], step.candidate[u])
      dz[2][u] = dh[u].addingProduct(-dh[u], z) * S(1).addingProduct(-n, n)
      dz[0][u] = dz[2][u] * nh * (r * (1 - r))
      dz[1][u] = dh[u] * (step.previousHidden[u] - n) * (z * (1 - z))
      hidden[u] = dz[2][u] * r
      direct[u] = dh[u] * z
    }
    return Slopes(input: dz, hidden: [dz[0], dz[1], hidden], previousCell: [], direct: direct)
  }

  private func weightGradients(
    _ forward: Forward, _ input: [[S]], _ dx: [[S]], _ dh: [[S]], _ dc: [[S]], _ ranks: [Int],
    _ slopes: [Int: Slopes], _ outputs: [Int: [S]]
  ) -> Backward {
    let inputSlopes = ranks.map { Array(slopes[$0]!.input.joined()) }
    let hiddenSlopes = ranks.map { Array(slopes[$0]!.hidden.joined()) }
    let steps = ranks.map { forward.steps[$0]! }
    var hiddenWeight = PlainProduct.gradient(hiddenSlopes, steps.map(\.previousHidden))
    let resets = shape.variant != nil && self.resets
    if resets {
      hiddenWeight += PlainProduct.gradient(ranks.map { slopes[$0]!.input[2] }, steps.map(\.candidate))
    }
    return Backward(
      input: dx, hidden: dh, cell: dc,
      inputWeight: PlainProduct.gradient(inputSlopes, ranks.map { input[$0] }),
      hiddenWeight: hiddenWeight,
      inputBias: PlainProduct.columnSums(inputSlopes),
      hiddenBias: PlainProduct.columnSums(resets ? inputSlopes : hiddenSlopes),
      projection: shape.projectionSize == 0
        ? [] : PlainProduct.gradient(ranks.map { outputs[$0]! }, steps.map(\.unprojected)),
      peephole: peepholeGradient(inputSlopes, steps))
  }
}

enum PlainProduct {
  /// sum over rows of a[row, n] * b[row, k]: segments of 512 rows, each from +0, added in order.
  static func gradient<S: OracleScalar>(_ a: [[S]], _ b: [[S]]) -> [S] {
    guard let (first, second) = zip(a, b).first(where: { _ in true }) else { return [] }
    return first.indices.flatMap { n in
      second.indices.map { k in
        let parts = segments(a.count).map { rows in rows.reduce(S(0)) { $0.addingProduct(a[$1][n], b[$1][k]) }
        }
        return parts.dropFirst().reduce(parts[0], +)
      }
    }
  }

  static func columnSums<S: OracleScalar>(_ a: [[S]]) -> [S] {
    (a.first ?? []).indices.map { n in
      segments(a.count).map { rows in rows.reduce(S(0)) { $0 + a[$1][n] } }.reduce(S(0), +)
    }
  }

  static func segments(_ count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: 512).map { $0..<min($0 + 512, count) }
  }
}
