import CRecurrentKernels

/// Sums over rows `[outputs, columns]`, shared among threads by outputs.
struct GradientProduct {
  /// Where the sums go, and A: its `rows`, `a_rows`, `b_rows`, `from`, `to`, `scratch` and `also` are filled in.
  var call: crk_gradient
  var outputs: Int
  var rows: Int
  /// The packed row of each rank in A and in B; nil for the rank itself.
  var aRows: [Int]?
  var bRows: [Int]?

  /// Outputs of one of the kernel's tiles, and outputs that are worth a thread of their own.
  private static let (tile, grain) = (6, 24)

  static func run(_ product: GradientProduct, _ dtype: DType) {
    let tasks = tasks([product], dtype)
    Parallel.run(tasks: tasks.count) { tasks[$0]() }
  }

  /// The sums of `products`, one or two of the same A, in tasks that may run at once.
  static func tasks(_ products: [GradientProduct], _ dtype: DType) -> [() -> Void] {
    let products = products.filter { $0.rows > 0 && $0.call.columns > 0 }
    guard let outputs = products.first?.outputs else { return [] }
    let parts = Parallel.parts(outputs, grain: grain)
    let table = KernelTable.current(dtype)
    return (0..<parts).map { part in
      let range = tiles(part, of: parts, outputs)
      return { compute(products[...], range, [], table, dtype) }
    }
  }

  /// Like ``Parallel/range(_:of:count:)``, in whole tiles.
  private static func tiles(_ part: Int, of parts: Int, _ outputs: Int) -> Range<Int> {
    let range = Parallel.range(part, of: parts, count: (outputs + tile - 1) / tile)
    return range.lowerBound * tile..<min(range.upperBound * tile, outputs)
  }

  /// Fills in the products' calls from the last to the first, each pointing to the one behind it, and runs the first.
  private static func compute(
    _ products: ArraySlice<GradientProduct>, _ range: Range<Int>, _ calls: [crk_gradient],
    _ table: KernelTable,
    _ dtype: DType
  ) {
    guard let product = products.last else {
      return runCall(calls[0], columns: calls.reduce(0) { $0 + CellShape.padded($1.columns) }, table, dtype)
    }
    product.withCall(range) { call in
      guard var next = calls.first else { return compute(products.dropLast(), range, [call], table, dtype) }
      withUnsafePointer(to: &next) { next in
        var call = call
        call.also = next
        compute(products.dropLast(), range, [call] + calls, table, dtype)
      }
    }
  }

  private static func runCall(_ call: crk_gradient, columns: Int, _ table: KernelTable, _ dtype: DType) {
    let scratch = AlignedMemory(dtype, count: crk_gradient_scratch(columns), zeroed: false)
    var call = call
    call.scratch = scratch.base
    table.functions.gradient(&call)
    withExtendedLifetime(scratch) {}
  }

  /// Of the product's result only the diagonal.
  func runDiagonal(_ table: KernelTable) {
    guard rows > 0 else { return }
    withCall(0..<outputs) { call in
      withUnsafePointer(to: call) { table.functions.diagonal($0) }
    }
  }

  private func withCall(_ range: Range<Int>, _ body: (crk_gradient) -> Void) {
    var call = call
    call.rows = rows
    call.from = range.lowerBound
    call.to = range.upperBound
    Self.withRows(aRows) { aRows in
      call.a_rows = aRows
      Self.withRows(bRows) { bRows in
        call.b_rows = bRows
        body(call)
      }
    }
  }

  private static func withRows(_ rows: [Int]?, _ body: (UnsafePointer<Int>?) -> Void) {
    guard let rows else { return body(nil) }
    rows.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
