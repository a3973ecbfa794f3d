import RecurrentKernels

/// What a stream's steps go through: not generic over the cell, so that a step asks the runtime for no type's metadata.
struct StreamEngine: Sendable {
  /// What fused cells advance in; nil for any other cell, which takes its steps as tensor operations.
  var fused: FusedStream?
  let dtype: DType
  /// Elements of a frame and of an output.
  let frameCount, outputCount: Int

  /// One time step; false, and nothing done, if the cells are not fused or the frame does not fit.
  @inline(never)
  mutating func advance(
    _ type: DType, _ inputCount: Int, _ frame: RawSpan, _ outputCount: Int, _ output: consuming MutableRawSpan
  ) -> Bool {
    guard type == dtype, inputCount == frameCount, outputCount == self.outputCount, fused != nil else {
      return false
    }
    if !isKnownUniquelyReferenced(&fused) { fused = fused!.copy() }
    frame.withUnsafeBytes { frame in
      output.withUnsafeMutableBytes { fused!.advance(frame.baseAddress!, into: $0.baseAddress!) }
    }
    return true
  }
}
