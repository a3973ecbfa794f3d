import RecurrentKernels

// Variants of the cells in the order that the arithmetic fixes. Gates are kept as sums.

extension PlainSequence {
  var resets: Bool { shape.cell == .gru && shape.variant!.resetsBeforeProduct }

  private func bounded(_ x: S) -> S {
    let limit = S(shape.variant!.clip ?? .infinity)
    return x > limit ? limit : (x < -limit ? -limit : x)
  }

  /// The value of a function of a sum, and its derivative with respect to the sum.
  private func through(_ function: PointwiseFunction, _ sum: S, isBounded: Bool = true) -> (
    value: S, slope: S
  ) {
    let x = isBounded ? bounded(sum) : sum
    let value = Plain.value(function, x)
    return (value, x == sum || sum != sum ? Plain.slope(function, x) : 0)
  }
  private func gate(_ sum: S) -> (value: S, slope: S) { through(shape.variant!.gate, sum) }
  private func candidate(_ sum: S) -> (value: S, slope: S) { through(shape.variant!.candidate, sum) }
  private func output(_ cell: S) -> (value: S, slope: S) {
    through(shape.variant!.output, cell, isBounded: false)
  }
  private func peep(_ gate: Int, _ unit: Int, _ cell: S, _ sum: S) -> S {
    peephole.isEmpty ? sum : sum.addingProduct(peephole[gate * size + unit], cell)
  }
  private func carried(_ d: S, _ slope: S) -> S { slope == 0 ? 0 : d * slope }

  // MARK: - Forward

  func stepVariant(_ step: inout Step, _ x: [S], _ h: [S], _ c: [S]) {
    switch shape.cell {
    case .lstm: stepLSTMVariant(&step, x, h, c)
    case .gru: stepGRUVariant(&step, x, h)
    case .rnnTanh, .rnnRelu:
      step.gates = [(0..<size).map { preactivation(0, $0, x, h) }]
      step.unprojected = step.gates[0].map { candidate($0).value }
    }
  }

  private func stepLSTMVariant(_ step: inout Step, _ x: [S], _ h: [S], _ c: [S]) {
    step.gates = (0..<4).map { gate in (0..<size).map { preactivation(gate, $0, x, h) } }
    for u in 0..<size {
      let i = gate(peep(0, u, c[u], step.gates[0][u])).value
      let f =
        shape.variant!.couplesInputAndForget ? 1 - i : gate(peep(1, u, c[u], step.gates[1][u])).value
      let next = (i * candidate(step.gates[2][u]).value).addingProduct(f, c[u])
      step.cell.append(next)
      step.unprojected.append(gate(peep(2, u, next, step.gates[3][u])).value * output(next).value)
    }
  }

  /// Gates r, z and n; `candidate` is nh, or m = r h.
  private func stepGRUVariant(_ step: inout Step, _ x: [S], _ h: [S]) {
    step.gates = (0..<2).map { gate in (0..<size).map { preactivation(gate, $0, x, h) } }
    let r = step.gates[0].map { gate($0).value }
    if resets {
      let m = (0..<size).map { r[$0] * h[$0] }
      step.candidate = m
      step.gates.append((0..<size).map { preactivation(2, $0, x, m) })
    } else {
      let row = 2 * size
      let nh = (0..<size).map { chain(hiddenBias[row + $0], hiddenWeight, row: row + $0, h) }
      step.candidate = nh
      step.gates.append(
        (0..<size).map {
          chain(inputBias[row + $0], inputWeight, row: row + $0, x).addingProduct(r[$0], nh[$0])
        })
    }
    step.unprojected = (0..<size).map {
      let n = candidate(step.gates[2][$0]).value
      return n.addingProduct(gate(step.gates[1][$0]).value, h[$0] - n)
    }
  }

  // MARK: - Backward

  func slopeVariant(_ step: Step, _ dh: [S], _ dc: [S]) -> Slopes {
    switch shape.cell {
    case .lstm: return slopeLSTMVariant(step, dh, dc)
    case .gru: return slopeGRUVariant(step, dh)
    case .rnnTanh, .rnnRelu:
      let dz = (0..<size).map { carried(dh[$0], candidate(step.gates[0][$0]).slope) }
      return Slopes(input: [dz], hidden: [dz], previousCell: dc, direct: [])
    }
  }

  private func slopeLSTMVariant(_ step: Step, _ dh: [S], _ dc: [S]) -> Slopes {
    var dz = [[S]](repeating: [S](repeating: 0, count: size), count: 4)
    var before = dc
    let isCoupled = shape.variant!.couplesInputAndForget
    for u in 0..<size {
      let (c0, c) = (step.previousCell[u], step.cell[u])
      let i = gate(peep(0, u, c0, step.gates[0][u]))
      let f = isCoupled ? (value: 1 - i.value, slope: 0) : gate(peep(1, u, c0, step.gates[1][u]))
      let (g, o, t) = (candidate(step.gates[2][u]), gate(peep(2, u, c, step.gates[3][u])), output(c))
      let d =
        shape.projectionSize == 0
        ? dh[u] : dh.indices.reduce(S(0)) { $0.addingProduct(projection[$1 * size + u], dh[$1]) }
      dz[3][u] = carried(d * t.value, o.slope)
      let dcell = peep(2, u, dz[3][u], dc[u].addingProduct(d * o.value, t.slope))
      let di = isCoupled ? (dcell * g.value).addingProduct(-dcell, c0) : dcell * g.value
      dz[0][u] = carried(di, i.slope)
      dz[1][u] = carried(dcell * c0, f.slope)
      dz[2][u] = carried(dcell * i.value, g.slope)
      before[u] = peep(1, u, dz[1][u], peep(0, u, dz[0][u], dcell * f.value))
    }
    return Slopes(input: dz, hidden: dz, previousCell: before, direct: [])
  }

  private func slopeGRUVariant(_ step: Step, _ dh: [S]) -> Slopes {
    var dz = [[S]](repeating: [S](repeating: 0, count: size), count: 3)
    var (hidden, direct) = ([S](repeating: 0, count: size), dh)
    for u in 0..<size {
      let (z, n) = (gate(step.gates[1][u]), candidate(step.gates[2][u]))
      dz[2][u] = carried(dh[u].addingProduct(-dh[u], z.value), n.slope)
      dz[1][u] = carried(dh[u] * (step.previousHidden[u] - n.value), z.slope)
      direct[u] = dh[u] * z.value
    }
    for u in 0..<size {
      let r = gate(step.gates[0][u])
      if resets {
        let row = 2 * size
        let dm = (0..<size).reduce(S(0)) {
          $0.addingProduct(hiddenWeight[(row + $1) * size + u], dz[2][$1])
        }
        dz[0][u] = carried(dm * step.previousHidden[u], r.slope)
        direct[u] = direct[u].addingProduct(dm, r.value)
      } else {
        dz[0][u] = carried(dz[2][u] * step.candidate[u], r.slope)
        hidden[u] = dz[2][u] * r.value
      }
    }
    return Slopes(
      input: dz, hidden: resets ? [dz[0], dz[1]] : [dz[0], dz[1], hidden], previousCell: [], direct: direct)
  }

  /// Of i and f with the c before, of o with c.
  func peepholeGradient(_ slopes: [[S]], _ steps: [Step]) -> [S] {
    guard !peephole.isEmpty, !slopes.isEmpty else { return peephole.map { _ in 0 } }
    return [0, 1, 3].flatMap { gate in
      (0..<size).map { u in
        PlainProduct.segments(steps.count).map { rows in
          rows.reduce(S(0)) {
            let cell = gate == 3 ? steps[$1].cell[u] : steps[$1].previousCell[u]
            return $0.addingProduct(slopes[$1][gate * size + u], cell)
          }
        }.reduce(S(0), +)
      }
    }
  }
}
