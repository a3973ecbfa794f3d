public import RecurrentKernels

extension Generator {
  /// Numbers from a normal distribution. PyTorch: `Tensor.normal_(mean, std)`.
  ///
  /// Two methods, as in PyTorch, both of Box and Muller (1958):
  /// - up to 15 elements: one by one in float64; the second number of each pair waits in the generator for the next
  ///   call. Float32 results are PyTorch's bit for bit, but where a float64 that is 1 ULP off rounds to the other side;
  /// - from 16 on: blocks of 16 uniform numbers become 16 normal ones; a last block that is not full is drawn again
  ///   with the 15 numbers before it. Float32 is PyTorch's (x86, AVX2) bit for bit.
  ///
  /// Float64 differs from PyTorch's, which takes its logarithm, sine and cosine from the system, by at most 4 ULP of
  /// the larger of the result and the standard deviation.
  ///
  /// - Precondition: `standardDeviation >= 0`; the type is floating-point.
  public func normal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32
  ) -> Tensor {
    precondition(
      standardDeviation >= 0,
      "Generator.normal: standardDeviation is \(standardDeviation), expected at least 0")
    return filled(
      shape, dtype,
      float: { contents, span in
        if span.count < 16 {
          for index in span.indices { span[index] = Float(contents.normal(mean, standardDeviation)) }
        } else {
          contents.fillBlocks(&span, Float(mean), Float(standardDeviation))
        }
      },
      double: { contents, span in
        if span.count < 16 {
          for index in span.indices { span[index] = contents.normal(mean, standardDeviation) }
        } else {
          contents.fillBlocks(&span, mean, standardDeviation)
        }
      }, "normal")
  }
}

extension Generator.Contents {
  /// `r cos theta` now, `r sin theta` the next time; `r = sqrt(-2 log(1 - u2))`, `theta = 2 pi u1`.
  fileprivate mutating func normal(_ mean: Double, _ deviation: Double) -> Double {
    if let second = cachedNormal {
      cachedNormal = nil
      return mean.addingProduct(second, deviation)
    }
    let u1 = engine.uniformDouble()
    let u2 = engine.uniformDouble()
    let radius = (-2 * Kernels.log1p(-u2)).squareRoot()
    let theta = 2 * Double.pi * u1
    cachedNormal = radius * Kernels.sin(theta)
    return mean.addingProduct(radius * Kernels.cos(theta), deviation)
  }

  fileprivate mutating func fillBlocks<Scalar: BlockNormal>(
    _ span: inout MutableSpan<Scalar>, _ mean: Scalar, _ deviation: Scalar
  ) {
    for index in span.indices { span[index] = Scalar.uniform(&engine) }
    for start in stride(from: 0, through: span.count - 16, by: 16) { span.makeNormal(start, mean, deviation) }
    guard span.count % 16 != 0 else { return }
    let start = span.count - 16
    for index in start..<span.count { span[index] = Scalar.uniform(&engine) }
    span.makeNormal(start, mean, deviation)
  }
}

extension MutableSpan where Element: BlockNormal {
  /// Turns 16 uniform numbers into normal ones: place j gives the radius, place j + 8 the angle.
  fileprivate mutating func makeNormal(_ start: Int, _ mean: Element, _ deviation: Element) {
    for index in start..<start + 8 {
      let (first, second) = Element.pair(1 - self[index], self[index + 8])
      self[index] = mean.addingProduct(first, deviation)
      self[index + 8] = mean.addingProduct(second, deviation)
    }
  }
}

/// A type whose normal numbers are made in blocks of 16.
private protocol BlockNormal: BinaryFloatingPoint, BitwiseCopyable {
  static func uniform(_ engine: inout MersenneTwister) -> Self
  /// `sqrt(-2 log u)` times the cosine and the sine of `2 pi v`.
  static func pair(_ u: Self, _ v: Self) -> (Self, Self)
}

extension Double: BlockNormal {
  fileprivate static func uniform(_ engine: inout MersenneTwister) -> Double { engine.uniformDouble() }

  fileprivate static func pair(_ u: Double, _ v: Double) -> (Double, Double) {
    let radius = (-2 * Kernels.log(u)).squareRoot()
    let theta = 2 * Double.pi * v
    return (radius * Kernels.cos(theta), radius * Kernels.sin(theta))
  }
}

extension Float: BlockNormal {
  fileprivate static func uniform(_ engine: inout MersenneTwister) -> Float { engine.uniformFloat() }

  fileprivate static func pair(_ u: Float, _ v: Float) -> (Float, Float) {
    let radius = (-2 * cephesLogarithm(u)).squareRoot()
    let (sine, cosine) = cephesSineAndCosine(Float(2 * Double.pi) * v)
    return (radius * cosine, radius * sine)
  }
}
