import RecurrentKernels
import RecurrentTensors

/// The safetensors format: a length, a header in JSON, and the elements of all tensors side by side.
///
/// ```swift
/// let tensors = try SafeTensors.read("model.safetensors")
/// try SafeTensors.write(["lstm.weight_ih_l0": weights], to: "copy.safetensors")
/// ```
///
/// **Reading** proves the whole header before any tensor is allocated, and then reads each tensor straight into its
/// place. F32, F64 and I64 stay what they are. F16 and BF16 become float32, exactly; BOOL and the integers of 8, 16
/// and 32 bits become int64, and so does U64 if its numbers fit. Other types are refused by name. So are shapes of
/// more than 64 dimensions.
///
/// **Writing**: the same tensors and metadata give the same bytes. The header names the tensors in their order. Their bytes
/// follow, those of 8-byte elements first, so that every tensor is aligned.
///
/// Counterpart: `safetensors.numpy.load_file` and `save_file` in Python.
public enum SafeTensors: TensorFormat {
  /// The longest header that is read, in bytes: the format's own limit.
  public static let headerLimit = 100_000_000

  /// The tensors in a file, in the order of its header.
  ///
  /// - Throws: ``FileError`` that names the file, the tensor and the byte.
  /// - Complexity: O(bytes) in time; memory is that of the header and the tensors.
  public static func read(_ file: FileBytes) throws -> NamedTensors {
    let source = file.source
    var reader = ByteReader(source)
    let header = try SafeTensorsHeader(from: &reader)
    var tensors = NamedTensors(metadata: header.metadata, source: source.name)
    tensors.reserveCapacity(header.entries.count)
    for entry in header.entries {
      var reader = ByteReader(source, in: header.dataStart + entry.begin..<header.dataStart + entry.end)
      do {
        tensors[entry.name] = try entry.type.readTensor(from: &reader, shape: entry.shape)
      } catch var error as FileError {
        error.place.tensor = entry.name
        throw error
      }
    }
    return tensors
  }

  /// Hands the bytes of a file with these tensors to `sink`.
  ///
  /// - Throws: ``FileError`` if the sink cannot be written, or a tensor is called `__metadata__`.
  /// - Complexity: O(bytes) in time; O(header) in memory.
  public static func write(_ tensors: NamedTensors, to sink: FileSink) throws {
    try sink.write(SafeTensorsHeader.bytes(for: tensors, file: sink.name))
    for (_, tensor) in SafeTensorsHeader.dataOrder(of: tensors) { try sink.write(elementsOf: tensor) }
  }
}

extension SafeTensors: TensorFileReader {
  static var format: TensorFile.Format { .safetensors }

  /// The header's length is a number of 8 bytes, the highest of which are 0 in any file that is not damaged; no text
  /// has a 0.
  static func recognizes(_ start: FileStart) -> Bool {
    start.bytes.count > 8 && start.bytes[8] == UInt8(ascii: "{") && start.bytes[..<8].contains(0)
  }
}
