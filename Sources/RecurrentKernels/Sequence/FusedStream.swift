import CRecurrentKernels

/// Levels of cells that take one time step after the other, with everything allocated beforehand.
///
/// A step reads a frame, calls one kernel a level and writes a frame: no allocation, no lock, no system call.
/// The packed weights may be shared among streams; the state is this stream's own.
package final class FusedStream: @unchecked Sendable {
  package let batchSize: Int
  private let cells: [PackedCell]
  private let table: KernelTable
  private let dtype: DType
  private let state: [(hidden: AlignedMemory, cell: AlignedMemory?)]
  /// Outputs of the levels, gate buffers and the single step's row counts: what `calls` point to.
  private let outputs, scratch: [AlignedMemory]
  private let steps: UnsafeMutableBufferPointer<Int>
  private let calls: UnsafeMutableBufferPointer<crk_forward>

  /// Levels in order, each reading the output of the one before it; the state is zero.
  ///
  /// - Precondition: at least one level; sizes and types fit together.
  package init(_ cells: [PackedCell], batchSize: Int) {
    precondition(!cells.isEmpty && batchSize > 0, "FusedStream: no levels or no rows")
    self.cells = cells
    self.batchSize = batchSize
    dtype = cells[0].shape.dtype
    table = .current(dtype)
    func memory(_ width: Int) -> AlignedMemory {
      AlignedMemory(cells[0].shape.dtype, count: batchSize * width)
    }
    let shapes = cells.map(\.shape)
    state = shapes.map { (memory($0.paddedOutput), $0.hasCellState ? memory($0.paddedHidden) : nil) }
    outputs = shapes.map { memory($0.outputSize) }
    scratch = shapes.map { memory($0.gateStride + $0.paddedHidden) }
    steps = .allocate(capacity: 2)
    steps[0] = batchSize
    steps[1] = 0
    calls = .allocate(capacity: cells.count)
    for level in cells.indices { calls.initializeElement(at: level, to: makeCall(level)) }
  }

  deinit {
    calls.deinitialize()
    calls.deallocate()
    steps.deallocate()
  }

  private func makeCall(_ level: Int) -> crk_forward {
    let shape = cells[level].shape
    var call = crk_forward(cells[level])
    call.steps = 1
    call.counts = UnsafePointer(steps.baseAddress)
    call.offsets = UnsafePointer(steps.baseAddress! + 1)
    call.x = level == 0 ? nil : UnsafeRawPointer(outputs[level - 1].base)
    call.x_stride = shape.inputSize
    call.h = state[level].hidden.base
    call.c = state[level].cell?.base
    call.y = outputs[level].base
    call.y_stride = shape.outputSize
    call.gates = scratch[level].base
    call.m = scratch[level].base + batchSize * shape.gateStride * shape.dtype.byteWidth
    call.chunk = 1
    return call
  }

  /// Reads a frame `[N, I]`, writes the last level's output `[N, H_out]`.
  ///
  /// - Precondition: both have exactly these numbers of elements.
  package func advance(_ frame: RawSpan, into output: inout MutableRawSpan) {
    let (first, last) = (cells[0].shape, cells[cells.count - 1].shape)
    precondition(
      frame.byteCount == batchSize * first.inputSize * dtype.byteWidth
        && output.byteCount == batchSize * last.outputSize * dtype.byteWidth,
      "FusedStream.advance: sizes do not fit")
    frame.withUnsafeBytes { input in
      output.withUnsafeMutableBytes { output in
        calls[0].x = input.baseAddress
        calls[calls.count - 1].y = output.baseAddress
        for level in 0..<calls.count { table.functions.forward(calls.baseAddress! + level, 0, batchSize) }
      }
    }
  }

  /// The hidden state `[N, H_out]` and the cell state `[N, H]` of a level.
  package func state(of level: Int) -> (hidden: AlignedMemory, cell: AlignedMemory?) {
    let shape = cells[level].shape
    return (
      FusedSequence.unpadded(state[level].hidden, shape.outputSize, shape, batchSize),
      state[level].cell.map { FusedSequence.unpadded($0, shape.hiddenSize, shape, batchSize) }
    )
  }

  /// Overwrites the state of a level.
  package func setState(of level: Int, hidden: AlignedMemory, cell: AlignedMemory?) {
    let shape = cells[level].shape
    Packing.copyRows(
      dtype, rows: batchSize, width: shape.outputSize, from: hidden, stride: shape.outputSize,
      to: state[level].hidden, stride: shape.paddedOutput)
    guard let cell, let target = state[level].cell else { return }
    Packing.copyRows(
      dtype, rows: batchSize, width: shape.hiddenSize, from: cell, stride: shape.hiddenSize, to: target,
      stride: shape.paddedHidden)
  }

  /// A stream with the same packed weights that goes on from the same state by itself.
  package func copy() -> FusedStream {
    let copy = FusedStream(cells, batchSize: batchSize)
    for level in cells.indices {
      let (hidden, cell) = state(of: level)
      copy.setState(of: level, hidden: hidden, cell: cell)
    }
    return copy
  }
}
