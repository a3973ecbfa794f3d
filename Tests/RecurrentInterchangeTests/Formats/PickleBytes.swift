import Recurrent

/// Pickles put together by hand, to break them.
enum PickleBytes {
  /// A pickle of protocol 2.
  static func pickle(_ parts: [UInt8]...) -> [UInt8] { [0x80, 2] + parts.joined() + [0x2E] }

  static func text(_ text: String) -> [UInt8] {
    [0x58] + little(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }

  /// A number of eight bytes, by LONG1.
  static func int(_ number: Int) -> [UInt8] { [0x8A, 8] + little(UInt64(bitPattern: Int64(number))) }

  static func tuple(_ items: [UInt8]...) -> [UInt8] { tuple(items) }
  static func tuple(_ items: [[UInt8]]) -> [UInt8] { [0x28] + items.joined() + [0x74] }

  static let list: [UInt8] = [0x5D]
  static let dictionary: [UInt8] = [0x7D]
  static let none: [UInt8] = [0x4E]
  static let mark: [UInt8] = [0x28]
  static let append: [UInt8] = [0x61]
  static let setItem: [UInt8] = [0x73]
  static let reduce: [UInt8] = [0x52]
  static let pop: [UInt8] = [0x30]
  static func put(_ place: UInt8) -> [UInt8] { [0x71, place] }
  static func get(_ place: UInt8) -> [UInt8] { [0x68, place] }

  static func storage(_ key: String = "0", _ type: String = "FloatStorage", count: Int = 6) -> [UInt8] {
    tuple(text("storage"), global("torch", type), text(key), text("cpu"), int(count)) + [0x51]
  }

  /// A call of `_rebuild_tensor_v2`.
  static func tensor(
    _ storage: [UInt8] = storage(), offset: Int = 0, shape: [Int] = [2, 3], strides: [Int] = [3, 1]
  ) -> [UInt8] {
    let hooks = global("collections", "OrderedDict") + [0x29] + reduce
    return global("torch._utils", "_rebuild_tensor_v2")
      + tuple(storage, int(offset), tuple(shape.map(int)), tuple(strides.map(int)), [0x89], hooks) + reduce
  }

  /// A dictionary of one item.
  static func named(_ name: String, _ value: [UInt8]) -> [UInt8] { dictionary + text(name) + value + setItem }

  /// An archive with this `data.pkl` and one storage of six floats.
  static func archive(_ pickle: [UInt8], storage: [UInt8] = [UInt8](repeating: 0, count: 24)) -> [UInt8] {
    ZipFile.bytes([ZipFile.Entry("archive/data.pkl", pickle), ZipFile.Entry("archive/data/0", storage)])
  }

  /// A file of the form before PyTorch 1.6, without storages.
  static func legacy(_ value: [UInt8], keys: [UInt8] = list, machine: [UInt8]? = nil) -> [UInt8] {
    let magic = [0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19] as [UInt8]
    let machine = machine ?? dictionary + text("little_endian") + [0x88] + setItem
    return [magic, int(1001), machine, value, keys].flatMap { pickle($0) }
  }

  static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
