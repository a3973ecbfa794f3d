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

  /// The tensor of each view.
  func read(_ views: Set<TorchView>, budget: MemoryBudget) throws -> [TorchView: Tensor] {
    try proveSize(views, budget)
    var tensors: [TorchView: Tensor] = [:]
    for (index, views) in Dictionary(grouping: views, by: \.storage).sorted(by: { $0.key < $1.key }) {
      let storage = storages[index]
      do {
        try source.read(storage) { try read(views, of: storage, from: &$0, into: &tensors) }
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
    _ views: [TorchView], of storage: TorchStorage, from reader: inout ByteReader,
    into tensors: inout [TorchView: Tensor]
  ) throws {
    if views.count == 1, views[0].isAll(of: storage) {
      tensors[views[0]] = try views[0].type.readTensor(
        from: &reader, shape: views[0].shape, bigEndian: isBigEndian)
      // A storage of bytes may be longer than a whole number of elements.
      _ = try reader.read(reader.remaining)
      return
    }
    let bytes = try reader.read(reader.remaining)
    for view in views {
      let elements = StridedSource(
        name: file, bytes: bytes, type: view.type, offset: view.offset, shape: view.shape,
        strides: view.strides)
      tensors[view] = try elements.readTensor(bigEndian: isBigEndian)
    }
  }
}
