import RecurrentTensors

/// A block of elements in a file, as a pickle speaks of it.
struct TorchStorage: Equatable {
  /// The name under which the file has the bytes.
  let key: String
  /// The type of the elements; nil if the storage is said to hold bytes, and each tensor has a type of its own.
  let type: StoredType?
  /// The number of elements, or of bytes if there is no type.
  let count: Int

  /// The number of bytes.
  let byteCount: Int

  /// Takes apart `('storage', type, key, location, count)`, and after it None or, in old files, a part of it.
  init(_ fields: [PickleValue], _ heap: PickleHeap, _ place: FileError.Place) throws {
    guard fields.count == 5 || fields.count == 6, heap.name(fields[0]) == "storage",
      case .global(let global) = fields[1], let key = heap.name(fields[2]), case .int(let count) = fields[4]
    else {
      throw FileError(
        .syntax, at: place, found: "another persistent identifier", expected: "that of a storage")
    }
    if fields.count == 6, case .none = fields[5] {
    } else if fields.count == 6 {
      throw FileError(
        .version, at: place, found: "a part of a storage as PyTorch 0.3 wrote it",
        expected: "a whole storage",
        advice: "load and save it with a newer PyTorch")
    }
    type = try global.storageType(place)
    (self.key, self.count) = (key, count)
    let size = count.multipliedReportingOverflow(by: type?.byteWidth ?? 1)
    guard count >= 0, !size.overflow else {
      throw FileError(.shape, at: place, found: "\(count) elements", expected: "a number that can be counted")
    }
    byteCount = size.partialValue
  }
}

/// A tensor as a view of a storage: `element[i, j, …]` is the storage's `offset + i * strides[0] + j * strides[1] + …`.
struct TorchView: Hashable {
  let storage: Int
  let type: StoredType
  let offset: Int
  let shape: [Int]
  let strides: [Int]

  /// The number of elements.
  var count: Int { shape.elementCount }

  /// Proves that every element is within the storage.
  init(
    _ storage: Int, of storages: [TorchStorage], _ type: StoredType, offset: Int, shape: [Int],
    strides: [Int],
    _ place: FileError.Place
  ) throws {
    (self.storage, self.type, self.offset, self.shape, self.strides) = (storage, type, offset, shape, strides)
    guard shape.count == strides.count, shape.provenElementCount != nil else {
      let expected = "at most \(maximumRank) dimensions, as many strides, and 2^63 bytes"
      let found = shape.count > maximumRank ? "\(shape.count) dimensions" : "\(shape) by \(strides)"
      throw FileError(.shape, at: place, found: found, expected: expected)
    }
    let limit = storages[storage].byteCount / type.byteWidth
    guard let end = endElement, end <= limit else {
      let found = "shape \(shape), strides \(strides), offset \(offset)"
      throw FileError(.offsets, at: place, found: found, expected: "elements within the storage's \(limit)")
    }
  }

  /// The element after the last; nil if it cannot be counted.
  private var endElement: Int? {
    guard offset >= 0, strides.allSatisfy({ $0 >= 0 }) else { return nil }
    if count == 0 { return 0 }
    var last = offset
    for (size, stride) in zip(shape, strides) {
      let step = (size - 1).multipliedReportingOverflow(by: stride)
      let sum = last.addingReportingOverflow(step.partialValue)
      if step.overflow || sum.overflow { return nil }
      last = sum.partialValue
    }
    return last == Int.max ? nil : last + 1
  }

  /// Whether the elements are those of the whole storage, in its order.
  func isAll(of storage: TorchStorage) -> Bool {
    offset == 0 && count == storage.byteCount / type.byteWidth && isContiguous
  }

  /// Whether the elements stand one after the other, row-major.
  private var isContiguous: Bool {
    var expected = 1
    for (size, stride) in zip(shape, strides).reversed() where size != 1 {
      if stride != expected { return false }
      expected *= size
    }
    return true
  }
}
