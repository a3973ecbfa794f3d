import RecurrentKernels
import RecurrentTensors

/// Where the bytes of a file's storages are.
protocol TorchStorageBytes {
  /// Hands the bytes of a storage to `body`, which reads them all.
  func read<Result>(_ storage: TorchStorage, _ body: (inout ByteReader) throws -> Result) throws -> Result
}

/// Makes tensors of views. Each storage is read once, whatever number of views it has; equal views share one tensor.
struct TorchTensors {
  let storages: [TorchStorage]
  let source: any TorchStorageBytes
  let file: String
  let isBigEndian: Bool

  /// One storage, read as one type. Storages of bytes may be read as several.
  private struct Block: Hashable {
    let storage: Int
    let type: StoredType
  }

  /// The tensor of each view.
  func read(_ views: Set<TorchView>, budget: MemoryBudget) throws -> [TorchView: Tensor] {
    try proveSize(views, budget)
    var tensors: [TorchView: Tensor] = [:]
    let blocks = Dictionary(grouping: views) { Block(storage: $0.storage, type: $0.type) }
    for block in blocks.keys.sorted(by: { $0.storage < $1.storage }) {
      let storage = storages[block.storage]
      do {
        try read(block, storage, blocks[block]!, into: &tensors)
      } catch var error as FileError {
        error.place.tensor = error.place.tensor ?? "storage \(storage.key)"
        throw error
      }
    }
    return tensors
  }

  /// Views may overlap and repeat elements, so that a small file can hold endless tensors. Together they may take as
  /// much as four times the file and a megabyte, in the types of the file.
  private func proveSize(_ views: Set<TorchView>, _ budget: MemoryBudget) throws {
    var budget = budget
    let place = FileError.Place(file: file)
    do {
      for view in views { try budget.charge(view.count * view.type.byteWidth, place) }
    } catch var error as FileError {
      error.found = "tensors that repeat their elements, of more bytes together"
      error.advice = "save .clone() of each tensor, so that the file has all elements"
      throw error
    }
  }

  private func read(
    _ block: Block, _ storage: TorchStorage, _ views: [TorchView], into tensors: inout [TorchView: Tensor]
  ) throws {
    let count = storage.byteCount / block.type.byteWidth
    try source.read(storage) { reader in
      if views.count == 1, views[0].offset == 0, views[0].count == count, views[0].isContiguous {
        tensors[views[0]] = try read(block.type, views[0].shape, &reader)
      } else {
        let elements = try read(block.type, [count], &reader)
        for view in views { tensors[view] = view.gathered(from: elements) }
      }
    }
  }

  private func read(_ type: StoredType, _ shape: Shape, _ reader: inout ByteReader) throws -> Tensor {
    let tensor = try type.readTensor(from: &reader, shape: shape, bigEndian: isBigEndian)
    // A storage of bytes may be longer than a whole number of elements.
    _ = try reader.read(reader.remaining)
    return tensor
  }
}

extension TorchView {
  /// The elements out of those of the whole storage.
  fileprivate func gathered(from elements: Tensor) -> Tensor {
    let memory = AlignedMemory(elements.dtype, count: count, zeroed: false)
    if elements.dtype.byteWidth == 4 {
      gather(UInt32.self, from: elements, into: memory)
    } else {
      gather(UInt64.self, from: elements, into: memory)
    }
    return Tensor(adopting: memory, shape: shape, dtype: elements.dtype)
  }

  private func gather<Bits: BitwiseCopyable>(
    _ type: Bits.Type, from elements: Tensor, into memory: AlignedMemory
  ) {
    if count == 0 { return }
    let rowLength = shape.last ?? 1
    let step = strides.last ?? 1
    elements.storage.read(type, count: elements.count) { source in
      memory.write(type, count: count) { target in
        var index = [Int](repeating: 0, count: max(shape.count - 1, 0))
        for row in 0..<count / rowLength {
          let start = zip(index, strides).reduce(offset) { $0 + $1.0 * $1.1 }
          for column in 0..<rowLength { target[row * rowLength + column] = source[start + column * step] }
          advance(&index)
        }
      }
    }
  }

  /// The next row's index, the last dimension but one first.
  private func advance(_ index: inout [Int]) {
    for axis in index.indices.reversed() {
      index[axis] += 1
      if index[axis] < shape[axis] { return }
      index[axis] = 0
    }
  }
}
