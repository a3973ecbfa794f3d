import RecurrentKernels

/// What a stream's steps go through: not generic over the cell, so that a step asks the runtime for no type's metadata.
struct StreamEngine: Sendable {
  /// What fused cells advance in; nil for any other cell, which takes its steps as tensor operations.
  var fused: FusedStream?
  let dtype: DType
  /// Elements of a frame and of an output, those of one step.
  let frameCount, outputCount: Int

  /// As many time steps as there are frames; false, and nothing done, if the cells are not fused or the spans do not fit.
  @inline(never)
  mutating func advance(
    _ type: DType, _ inputCount: Int, _ frames: RawSpan, _ outputCount: Int,
    _ outputs: consuming MutableRawSpan
  ) -> Bool {
    guard fused != nil, let steps = stepCount(type, inputCount, outputCount) else { return false }
    guard steps > 0 else { return true }
    if !isKnownUniquelyReferenced(&fused) { fused = fused!.copy() }
    frames.withUnsafeBytes { frames in
      outputs.withUnsafeMutableBytes {
        fused!.advance(frames.baseAddress!, into: $0.baseAddress!, steps: steps)
      }
    }
    return true
  }

  /// How many steps spans of these numbers of elements are for; nil if they do not fit.
  func stepCount(_ type: DType, _ inputCount: Int, _ outputCount: Int) -> Int? {
    let steps = inputCount == frameCount ? 1 : inputCount / frameCount
    let fits = type == dtype && inputCount == steps * frameCount && outputCount == steps * self.outputCount
    return fits ? steps : nil
  }
}
