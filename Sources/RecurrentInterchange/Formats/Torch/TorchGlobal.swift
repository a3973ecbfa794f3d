/// The names that a pickle of PyTorch's may hold, by what they are here. None of them is ever run: what `OrderedDict`
/// or `_rebuild_tensor_v2` would do is a few lines below. Any other name is refused.
enum TorchGlobal {
  case dictionary
  case sequence
  /// Something that is not kept, such as a device, and types that stand beside.
  case opaque
  /// A tensor with the type of its storage.
  case tensor
  /// A tensor with a type of its own, over a storage of bytes.
  case typedTensor
  /// A tensor as the first argument, and what is said of it.
  case firstArgument
  /// A function and its arguments, to be called.
  case indirect
  /// An object of a TorchScript class.
  case instance
  /// A type of elements, or a storage of such.
  case type(StoredType)
  /// A storage of bytes.
  case bytes
  /// A type of elements that is not read.
  case otherType(UInt8)

  init(_ module: String, _ name: String, _ place: FileError.Place) throws {
    let path = "\(module).\(name)"
    if module == "__torch__" || module.hasPrefix("__torch__.") {
      self = .instance
    } else if let known = Self.known[path] {
      self = known
    } else if let index = Self.otherTypes.firstIndex(of: path) {
      self = .otherType(UInt8(index))
    } else {
      throw FileError(
        .forbidden, at: place, found: path.quoted,
        expected: "names of tensors, numbers, texts and collections",
        advice: Self.advice(for: path))
    }
  }

  private static func advice(for path: String) -> String {
    switch path {
    case "torch._utils._rebuild_qtensor": "it is quantized: call .dequantize() before saving"
    case "torch._utils._rebuild_nested_tensor": "it is nested: save the parts that .unbind() gives"
    case _ where path.hasPrefix("torch._utils._rebuild_sparse"):
      "it is sparse: call .to_dense() before saving"
    case _ where path.hasPrefix("torch.nn.modules"):
      "code in a file is never run: save model.state_dict() instead of the model"
    case "torch.ScriptObject": "it is quantized: save the model before it is"
    case _ where path.hasPrefix("numpy."):
      "NumPy's arrays are not read from pickles: save them with numpy.savez, or tensors made of them"
    default:
      "code in a file is never run: save model.state_dict(), or a dictionary of tensors, numbers and strings"
    }
  }

  private static let known: [String: TorchGlobal] = {
    var known: [String: TorchGlobal] = [
      "collections.OrderedDict": .dictionary, "collections.defaultdict": .dictionary,
      "collections.Counter": .dictionary, "torch.Size": .sequence,
      "torch._utils._rebuild_tensor": .tensor, "torch._utils._rebuild_tensor_v2": .tensor,
      "torch._utils._rebuild_tensor_v3": .typedTensor, "torch._utils._rebuild_parameter": .firstArgument,
      "torch._utils._rebuild_parameter_with_state": .firstArgument,
      "torch.nn.parameter.Parameter": .firstArgument, "torch.Tensor": .opaque,
      "torch._tensor._rebuild_from_type_v2": .indirect, "torch.device": .opaque, "_codecs.encode": .opaque,
      "torch.storage.UntypedStorage": .bytes, "torch.storage._UntypedStorage": .bytes,
      "torch.jit._pickle.restore_type_tag": .firstArgument,
      // What stands beside weights in many checkpoints: arguments are kept as metadata, the rest is not.
      "argparse.Namespace": .instance, "types.SimpleNamespace": .instance, "pathlib.PosixPath": .opaque,
      "pathlib.WindowsPath": .opaque, "numpy.dtype": .opaque, "numpy.core.multiarray.scalar": .opaque,
      "numpy._core.multiarray.scalar": .opaque,
    ]
    for element in ["int", "double", "bool", "tensor"] {
      known["torch.jit._pickle.build_\(element)list"] = .firstArgument
    }
    for module in ["builtins", "__builtin__"] {
      for name in ["list", "tuple", "set", "frozenset"] { known["\(module).\(name)"] = .sequence }
      for name in ["int", "long", "float", "bool", "str", "bytes", "bytearray", "complex"] {
        known["\(module).\(name)"] = .opaque
      }
      known["\(module).dict"] = .dictionary
    }
    for (name, type) in storageTypes { known["torch.\(name)Storage"] = .type(type) }
    for (name, type) in elementTypes { known["torch.\(name)"] = .type(type) }
    return known
  }()

  private static let storageTypes: [String: StoredType] = [
    "Half": .float16, "BFloat16": .bfloat16, "Float": .float32, "Double": .float64, "Char": .int8,
    "Short": .int16, "Int": .int32, "Long": .int64, "Byte": .uint8, "Bool": .bool,
  ]
  private static let elementTypes: [String: StoredType] = [
    "float16": .float16, "bfloat16": .bfloat16, "float32": .float32, "float64": .float64, "int8": .int8,
    "int16": .int16, "int32": .int32, "int64": .int64, "uint8": .uint8, "uint16": .uint16, "uint32": .uint32,
    "uint64": .uint64, "bool": .bool,
  ]
  /// Harmless beside tensors, and refused as the type of one.
  private static let otherTypes = [
    "torch.ComplexFloatStorage", "torch.ComplexDoubleStorage", "torch.QInt8Storage", "torch.QUInt8Storage",
    "torch.QInt32Storage", "torch.QUInt4x2Storage", "torch.QUInt2x4Storage", "torch.complex32",
    "torch.complex64", "torch.complex128", "torch.qint8", "torch.quint8", "torch.qint32", "torch.quint4x2",
    "torch.quint2x4", "torch.float8_e4m3fn", "torch.float8_e5m2", "torch.float8_e4m3fnuz",
    "torch.float8_e5m2fnuz", "torch.float8_e8m0fnu", "torch.float4_e2m1fn_x2",
  ]
}

// MARK: - What the names mean

extension TorchGlobal {
  /// What Python would make of a call.
  func called(
    with arguments: [PickleValue], _ heap: inout PickleHeap, _ place: FileError.Place, depth: Int = 0
  ) throws -> PickleValue {
    switch self {
    case .dictionary: return try Self.dictionary(arguments, &heap, place)
    case .sequence: return try heap.add(.sequence, heap.object(arguments.first)?.items ?? [], place)
    case .instance: return try heap.add(.instance, [], place)
    case .tensor, .typedTensor: return try view(arguments, &heap, place)
    case .firstArgument: return arguments.first ?? .opaque
    case .indirect:
      // _rebuild_from_type_v2(function, type, arguments, state)
      guard arguments.count >= 3, case .global(let global) = arguments[0], depth == 0,
        let inner = heap.object(arguments[2])?.items
      else { throw FileError(.syntax, at: place, found: "another call", expected: "a tensor's") }
      return try global.called(with: inner, &heap, place, depth: 1)
    case .opaque, .type, .bytes, .otherType: return .opaque
    }
  }

  /// `OrderedDict()`, `OrderedDict([(key, value), …])`, `Counter({…})` or `defaultdict(type)`.
  private static func dictionary(
    _ arguments: [PickleValue], _ heap: inout PickleHeap, _ place: FileError.Place
  ) throws -> PickleValue {
    guard let first = heap.object(arguments.first) else { return try heap.add(.dictionary, [], place) }
    if first.kind == .dictionary { return try heap.add(.dictionary, first.items, place) }
    var items: [PickleValue] = []
    for pair in first.items {
      guard let both = heap.object(pair)?.items, both.count == 2 else {
        throw FileError(.syntax, at: place, found: "something else", expected: "a key and a value")
      }
      try heap.charge(32, place)
      items += both
    }
    return try heap.add(.dictionary, items, place)
  }

  /// `(storage, offset, size, stride, requires_grad, hooks, [type,] [flags])`
  private func view(_ arguments: [PickleValue], _ heap: inout PickleHeap, _ place: FileError.Place) throws
    -> PickleValue
  {
    guard arguments.count >= 4, case .storage(let storage) = arguments[0],
      case .int(let offset) = arguments[1],
      let shape = Self.numbers(arguments[2], heap), let strides = Self.numbers(arguments[3], heap)
    else {
      throw FileError(
        .syntax, at: place, found: "other arguments of a tensor", expected: "storage, offset, size and stride"
      )
    }
    let flags = if case .typedTensor = self { 7 } else { 6 }
    if arguments.count > flags, heap.object(arguments[flags])?.items.isEmpty == false {
      throw FileError(
        .dtype, at: place, found: "a tensor that is negated or conjugated when it is used",
        expected: "one with its own values", advice: "call .resolve_neg().resolve_conj() before saving")
    }
    let type = try elementType(arguments, heap.storages[Int(storage)], place)
    let view = try TorchView(
      Int(storage), of: heap.storages, type, offset: offset, shape: shape, strides: strides, place)
    return try heap.add(view, place)
  }

  private func elementType(_ arguments: [PickleValue], _ storage: TorchStorage, _ place: FileError.Place)
    throws
    -> StoredType
  {
    if case .typedTensor = self, arguments.count > 6, case .global(let global) = arguments[6],
      let type = try global.storageType(place)
    {
      return type
    }
    if case .tensor = self, let type = storage.type { return type }
    throw FileError(.dtype, at: place, found: "a tensor without a type", expected: "the type of its elements")
  }

  private static func numbers(_ value: PickleValue, _ heap: PickleHeap) -> [Int]? {
    guard let items = heap.object(value)?.items, items.count <= 2 * maximumRank else { return nil }
    var numbers: [Int] = []
    for item in items {
      guard case .int(let number) = item else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  /// The type of a storage's elements; nil if it holds bytes.
  func storageType(_ place: FileError.Place) throws -> StoredType? {
    switch self {
    case .type(let type): return type
    case .bytes: return nil
    case .otherType(let index):
      let name = Self.otherTypes[Int(index)]
      let isComplex = name.hasPrefix("torch.c") || name.hasPrefix("torch.C")
      throw FileError(
        .dtype, at: place, found: name, expected: "float16, bfloat16, float32, float64, integers or booleans",
        advice: isComplex
          ? "save torch.view_as_real(tensor)" : "save tensor.dequantize(), or tensor.to(torch.float32)")
    default:
      throw FileError(.dtype, at: place, found: "something else", expected: "a type of elements")
    }
  }
}
