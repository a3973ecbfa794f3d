import RecurrentKernels
import RecurrentTensors

/// Writes the pickle (protocol 2) of an `OrderedDict` of tensors, with the instructions that PyTorch's restricted
/// unpickler knows.
struct TorchPickle {
  private var bytes: [UInt8] = []
  private var memo: [String: UInt8] = [:]

  /// Tensor number n is the storage of key n.
  static func bytes(for tensors: NamedTensors) -> [UInt8] {
    var pickle = TorchPickle()
    pickle.write(.proto)
    pickle.bytes.append(2)
    pickle.writeEmptyDictionary()
    pickle.write(.mark)
    for (index, element) in tensors.enumerated() {
      pickle.write(text: element.name)
      pickle.write(element.tensor, key: "\(index)")
    }
    pickle.write(.setItems)
    pickle.write(.stop)
    return pickle.bytes
  }

  /// `_rebuild_tensor_v2(storage, 0, size, stride, False, OrderedDict())`
  private mutating func write(_ tensor: Tensor, key: String) {
    write(global: "torch._utils", "_rebuild_tensor_v2")
    write(.mark)
    writeStorage(tensor, key: key)
    write(number: 0)
    write(tuple: tensor.shape)
    write(tuple: Self.strides(of: tensor.shape))
    write(.newFalse)
    writeEmptyDictionary()
    write(.tuple)
    write(.reduce)
  }

  /// `('storage', type, key, 'cpu', count)`
  private mutating func writeStorage(_ tensor: Tensor, key: String) {
    let type =
      switch tensor.dtype {
      case .float32: "FloatStorage"
      case .float64: "DoubleStorage"
      case .int64: "LongStorage"
      }
    write(.mark)
    write(text: "storage")
    write(global: "torch", type)
    write(text: key)
    write(text: "cpu")
    write(number: tensor.count)
    write(.tuple)
    write(.binPersistentID)
  }

  private mutating func writeEmptyDictionary() {
    write(global: "collections", "OrderedDict")
    write(.emptyTuple)
    write(.reduce)
  }

  /// Row-major; a dimension of no elements counts as one, as in PyTorch.
  private static func strides(of shape: Shape) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * max(shape[axis + 1], 1)
    }
    return strides
  }

  // MARK: - Instructions

  private mutating func write(_ opcode: PickleOpcode) { bytes.append(opcode.rawValue) }

  private mutating func write(text: String) {
    write(.binUnicode)
    bytes.append(littleEndian: UInt32(text.utf8.count))
    bytes += text.utf8
  }

  /// A name is spelled once and remembered.
  private mutating func write(global module: String, _ name: String) {
    let path = "\(module)\n\(name)\n"
    if let place = memo[path] {
      write(.binGet)
      bytes.append(place)
      return
    }
    write(.global)
    bytes += path.utf8
    write(.binPut)
    bytes.append(UInt8(memo.count))
    memo[path] = UInt8(memo.count)
  }

  private mutating func write(tuple numbers: [Int]) {
    write(.mark)
    for number in numbers { write(number: number) }
    write(.tuple)
  }

  private mutating func write(number: Int) {
    switch number {
    case 0...0xFF:
      write(.binInt1)
      bytes.append(UInt8(number))
    case 0...Int(Int32.max):
      write(.binInt)
      bytes.append(littleEndian: Int32(number))
    default:
      write(.long1)
      bytes.append(8)
      bytes.append(littleEndian: Int64(number))
    }
  }
}
