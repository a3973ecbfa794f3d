import RecurrentKernels
import RecurrentTensors

// Operators that move elements or rename axes. https://onnx.ai/onnx/operators has each one's definition.

extension GraphCall {
  /// Axes in another order; without `perm` the other way round.
  func transposed() throws -> Tensor {
    let x = try input(0)
    let order = try integers("perm") ?? Array((0..<x.rank).reversed())
    try require(
      order.sorted() == Array(0..<x.rank), "perm \(order.prefix(9))", "each axis of \(x.shape) once")
    return x.permuted(order)
  }

  /// The same elements under another shape; 0 takes the extent of the input, -1 what is left.
  func reshaped() throws -> Tensor {
    let x = try input(0)
    guard let wanted = try integers(1) else { throw error(found: "no shape", expected: "an input 1") }
    let keepsZeros = try flag("allowzero")
    var shape = try wanted.enumerated().map { axis, size in
      guard size == 0 && !keepsZeros else { return size }
      try require(axis < x.rank, "a 0 for axis \(axis)", "an axis of \(x.shape)")
      return x.shape[axis]
    }
    let free = shape.indices.filter { shape[$0] == -1 }
    try require(free.count <= 1, "shape \(wanted.prefix(9))", "at most one -1")
    if let axis = free.first {
      shape[axis] = 1
      let others = try proven(shape).elementCount
      try require(others > 0 && x.count % others == 0, "\(x.shape) as \(wanted)", "a shape that it fills")
      shape[axis] = x.count / others
    }
    try require(
      shape.provenElementCount == x.count, "\(x.shape) as \(wanted.prefix(9))",
      "a shape of \(x.count) elements")
    return x.reshaped(shape)
  }

  /// As a matrix: the axes before a place become its rows, the others its columns.
  func flattened() throws -> Tensor {
    let x = try input(0)
    let named = try integer("axis") ?? 1
    try require(abs(named) <= x.rank, "axis \(named)", "at most \(x.rank), the input's dimensions")
    let place = named < 0 ? named + x.rank : named
    return x.reshaped([x.shape[..<place].reduce(1, *), x.shape[place...].reduce(1, *)])
  }

  /// Without axes of extent 1: those named, or all.
  func squeezed() throws -> Tensor {
    let x = try input(0)
    let named = try operatorSet < 13 ? integers("axes") : integers(1)
    let gone = try named.map { try axes($0, rank: x.rank) } ?? x.shape.indices.filter { x.shape[$0] == 1 }
    for axis in gone { try require(x.shape[axis] == 1, "axis \(axis) of \(x.shape)", "an axis of extent 1") }
    return x.reshaped(x.shape.indices.filter { !gone.contains($0) }.map { x.shape[$0] })
  }

  /// With further axes of extent 1, at the named places of the result.
  func unsqueezed() throws -> Tensor {
    let x = try input(0)
    guard let named = try operatorSet < 13 ? integers("axes") : integers(1) else {
      throw error(found: "no axes", expected: "axes")
    }
    try require(x.rank + named.count <= maximumRank, "\(named.count) axes", "at most \(maximumRank)")
    let rank = x.rank + named.count
    let new = try axes(named, rank: rank)
    var extents = x.shape[...]
    return x.reshaped((0..<rank).map { new.contains($0) ? 1 : extents.removeFirst() })
  }

  /// Repeated along axes of extent 1; both shapes broadcast.
  func expanded() throws -> Tensor {
    let x = try input(0)
    guard let wanted = try integers(1) else { throw error(found: "no shape", expected: "an input 1") }
    return x.broadcast(to: try broadcast(x.shape, wanted))
  }

  /// One after the other along an axis.
  func concatenated() throws -> Tensor {
    let tensors = try inputs.indices.map { try input($0) }
    guard let first = tensors.first, let named = try integer("axis") else {
      throw error(found: "no inputs or no axis", expected: "tensors and an axis")
    }
    let place = try axis(named, rank: first.rank)
    var shape = first.shape
    shape[place] = 0
    for tensor in tensors {
      var others = tensor.shape
      if others.indices.contains(place) { others[place] = first.shape[place] }
      try require(
        tensor.dtype == first.dtype && others == first.shape, "\(tensor.dtype) \(tensor.shape)",
        "\(first.dtype) \(first.shape) but for axis \(place)")
      shape[place] += tensor.shape[place]
    }
    _ = try proven(shape)
    return Tensor.concatenated(tensors, axis: place)
  }
}

// MARK: - Parts

extension GraphCall {
  /// Consecutive parts along an axis: of the sizes given, or equal but for the last.
  func split() throws -> [Tensor] {
    let x = try input(0)
    let place = try axis(integer("axis") ?? 0, rank: x.rank)
    let (extent, count) = (x.shape[place], node.outputs.count)
    let equal = (extent + count - 1) / max(count, 1)
    let sizes =
      try (operatorSet < 13 ? integers("split") : integers(1))
      ?? (0..<count).map { $0 == count - 1 ? extent - equal * $0 : equal }
    try require(
      sizes.count == count && sizes.allSatisfy { (0...extent).contains($0) } && sizes.reduce(0, +) == extent,
      "sizes \(sizes.prefix(9)) for \(count) outputs", "one for each, together \(extent)")
    var start = 0
    return sizes.map { size in
      defer { start += size }
      return x.slice(axis: place, start..<start + size)
    }
  }

  /// The places that an array of indices names, along one axis.
  func gathered() throws -> Tensor {
    let (x, indices) = (try input(0), try input(1))
    let place = try axis(integer("axis") ?? 0, rank: x.rank)
    try require(indices.dtype == .int64, "indices of \(indices.dtype)", "integers")
    let extent = x.shape[place]
    let places = try indices.scalars(as: Int64.self).map { number in
      let index = Int(clamping: number)
      try require(
        index >= -extent && index < extent, "index \(index)", "a place of axis \(place) of \(x.shape)")
      return index < 0 ? index + extent : index
    }
    let shape = try proven(x.shape.replacing(place, by: indices.shape))
    return x.taking(places, axis: place).reshaped(shape)
  }

  /// From a start to an end in steps, along some axes.
  func sliced() throws -> Tensor {
    let isOld = operatorSet < 10
    guard let starts = try isOld ? integers("starts") : integers(1),
      let ends = try isOld ? integers("ends") : integers(2)
    else { throw error(found: "no starts or no ends", expected: "both") }
    var x = try input(0)
    let named = try (isOld ? integers("axes") : integers(3)) ?? Array(starts.indices)
    let places = try axes(named, rank: x.rank)
    let steps = try (isOld ? nil : integers(4)) ?? Array(repeating: 1, count: starts.count)
    try require(
      starts.count == ends.count && starts.count == places.count && starts.count == steps.count
        && !steps.contains(0),
      "\(starts.count) starts, \(ends.count) ends, \(places.count) axes, steps \(steps)",
      "equally many, and no step of 0")
    for (index, place) in places.enumerated() {
      let taken = Self.places(x.shape[place], from: starts[index], to: ends[index], by: steps[index])
      x =
        steps[index] == 1
        ? x.slice(axis: place, (taken.first ?? 0)..<(taken.first ?? 0) + taken.count)
        : x.taking(taken, axis: place)
    }
    return x
  }

  /// The places of an axis that a slice takes; what lies outside is cut off.
  private static func places(_ extent: Int, from start: Int, to end: Int, by step: Int) -> [Int] {
    let isForward = step > 0
    let bounds = isForward ? (0, extent) : (-1, extent - 1)
    func clamped(_ place: Int, _ lowest: Int) -> Int {
      min(max(place < 0 ? place + extent : place, lowest), bounds.1)
    }
    let first = clamped(start, 0)
    let last = clamped(end, bounds.0)
    guard extent > 0 else { return [] }
    return Array(stride(from: first, to: last, by: isForward ? min(step, extent) : max(step, -extent)))
  }
}

extension Tensor {
  /// The given places along one axis, in their order. They must lie inside.
  fileprivate func taking(_ places: [Int], axis: Int) -> Tensor {
    let (outer, inner) = (shape[..<axis].reduce(1, *), shape[(axis + 1)...].reduce(1, *))
    let run = inner * dtype.byteWidth
    var result = Tensor(zeros: shape.replacing(axis, by: [places.count]), dtype: dtype)
    let target = result.uniqueStorage()
    for row in 0..<outer {
      for (index, place) in places.enumerated() {
        target.copyBytes(
          from: storage, sourceByte: (row * shape[axis] + place) * run,
          toByte: (row * places.count + index) * run, byteCount: run)
      }
    }
    return result
  }
}

extension Shape {
  /// The shape with other extents in the place of one axis.
  fileprivate func replacing(_ axis: Int, by extents: Shape) -> Shape {
    Shape(self[..<axis]) + extents + self[(axis + 1)...]
  }
}
