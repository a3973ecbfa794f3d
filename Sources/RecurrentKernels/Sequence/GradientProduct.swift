import CRecurrentKernels

/// Weight gradients: sums over rows, shared among threads by outputs.
enum GradientProduct {
  /// Outputs that are worth a thread of their own; whole blocks of the kernel's transposition.
  private static let grain = 48

  static func run(
    _ call: crk_gradient, outputs: Int, rows: Int, aRows: [Int]?, bRows: [Int]?, _ dtype: DType
  ) {
    guard rows > 0, call.columns > 0 else { return }
    let table = KernelTable.current(dtype)
    let parts = Parallel.parts(outputs, grain: grain)
    let scratch = (0..<parts).map { _ in
      AlignedMemory(dtype, count: crk_gradient_scratch(call.columns), zeroed: false)
    }
    withRows(aRows) { aRows in
      withRows(bRows) { bRows in
        Parallel.run(tasks: parts) { part in
          let range = Parallel.range(part, of: parts, count: outputs)
          var call = call
          call.rows = rows
          call.a_rows = aRows
          call.b_rows = bRows
          call.from = range.lowerBound
          call.to = range.upperBound
          call.scratch = scratch[part].base
          table.functions.gradient(&call)
        }
      }
    }
    withExtendedLifetime(scratch) {}
  }

  private static func withRows(_ rows: [Int]?, _ body: (UnsafePointer<Int>?) -> Void) {
    guard let rows else { return body(nil) }
    rows.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
