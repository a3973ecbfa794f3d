import CRecurrentKernels

/// How threads share a forward pass. It is chosen by sizes alone and changes no bit.
enum ForwardSharing: Equatable {
  case alone
  /// Parts of the batch, each going through the whole sequence by itself.
  case rows(parts: Int)
  /// A thread for each direction; they meet after each level.
  case directions
  /// Each thread computes panels of units for the whole sequence; they meet after each step.
  case units(threads: Int)

  /// Rows of a batch that are worth a thread of their own: two if the recurrent weights stay in each core's first cache, where
  /// every thread reads them as fast as one would read a part of them.
  static func rowsPerThread(_ shape: CellShape) -> Int {
    let weights = shape.cell.gateCount * shape.paddedHidden * shape.outputSize * shape.dtype.byteWidth
    return weights <= 24 * 1024 ? 2 : 12
  }
  /// Multiplications below which waking another thread costs more than it saves (about 20 microseconds of one core).
  static let leastWork = 1 << 19
  /// Multiplications of a step's recurrent product below which a barrier at each step costs more than it saves: LSTM
  /// H 64, GRU H 80, RNN H 128 with one row.
  static let leastStep = 1 << 14

  /// The best for a layer with cells like `shape`.
  static func best(
    _ shape: CellShape, batchSize: Int, rowCount: Int, cellCount: Int = 1, directionCount: Int = 1
  ) -> ForwardSharing {
    let outputs = shape.cell.gateCount * shape.hiddenSize
    let work = cellCount * rowCount * outputs * (shape.inputSize + shape.outputSize)
    guard work >= leastWork else { return .alone }
    let threads = Parallel.threadCount
    guard threads > 1 else { return .alone }
    let parts = min(threads, batchSize / rowsPerThread(shape))
    if parts == threads || parts > 1 && shape.projectionSize > 0 { return .rows(parts: parts) }
    if directionCount == 2 && (threads < 4 || shape.projectionSize > 0) { return .directions }
    let panels = shape.paddedHidden / Int(CRK_PANEL)
    if shape.projectionSize == 0 && panels > 1 && batchSize * outputs * shape.outputSize >= leastStep {
      return .units(threads: min(threads, panels))
    }
    return parts > 1 ? .rows(parts: parts) : .alone
  }
}

extension Parallel {
  /// Calls `body` once on each of up to `threads` threads at the same time, as many as are at hand: it says which of
  /// them it is, and gets the barrier where they meet, which knows how many they are.
  static func team(_ threads: Int, _ body: (Int, UnsafeMutablePointer<crk_barrier>) -> Void) {
    withoutActuallyEscaping(body) { body in
      let box = Team(body)
      crk_team(
        threads,
        { context, member, barrier in
          Unmanaged<Team>.fromOpaque(context!).takeUnretainedValue().body(member, barrier!)
        },
        Unmanaged.passUnretained(box).toOpaque())
      withExtendedLifetime(box) {}
    }
  }

  private final class Team {
    let body: (Int, UnsafeMutablePointer<crk_barrier>) -> Void
    init(_ body: @escaping (Int, UnsafeMutablePointer<crk_barrier>) -> Void) { self.body = body }
  }
}
