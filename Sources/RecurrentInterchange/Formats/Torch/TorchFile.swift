import RecurrentTensors

/// PyTorch's files: what `torch.save` writes and `torch.load` opens.
///
/// ```swift
/// let tensors = try TorchFile.read("checkpoint.pt")          // model.lstm.weight_ih_l0, optimizer.state.0.exp_avg, …
/// try TorchFile.write(tensors.droppingPrefix("model."), to: "weights.pt")
/// ```
///
/// **Reading**: the zip form and the one before PyTorch 1.6; TorchScript archives, for their tensors only. A pickle is a
/// program; it is read, never run: names of anything but tensors, numbers, texts and collections are refused, such
/// as `os.system`. Nested dictionaries and lists become dotted names; numbers and strings beside the tensors become
/// metadata; a lone tensor is called `tensor`. Tensors may be any views of shared storages, in either byte order.
/// float16 and bfloat16 become float32, exactly; integers and booleans become int64. Complex, quantized and sparse
/// tensors are refused by name. Tensors that repeat their elements (`expand`) may together take four times the file's
/// size and a megabyte.
///
/// **Writing**: an `OrderedDict` of tensors, each with a storage of its own at a multiple of 64 bytes, in the zip form
/// that PyTorch reads from 1.6 on; `torch.load(path, weights_only=True)` opens it. The same tensors give the same bytes.
/// Metadata is not kept: a state dict has no place for it.
public enum TorchFile: TensorFormat {
  /// The tensors in a file, in the order of its pickle.
  ///
  /// - Throws: ``FileError`` that names the file, the tensor and the byte.
  /// - Complexity: O(bytes) in time; memory is that of the tensors, and of one storage if several tensors share it.
  public static func read(_ file: FileBytes) throws -> NamedTensors {
    if try FileStart(file.source).begins(with: "PK".utf8) { return try TorchArchive(file.source).read() }
    return try TorchLegacy(file.source).read()
  }

  /// Hands the bytes of a file with these tensors to `sink`.
  ///
  /// - Throws: ``FileError`` if the sink cannot be written.
  /// - Complexity: O(bytes) in time; O(names) in memory.
  public static func write(_ tensors: NamedTensors, to sink: FileSink) throws {
    var writer = ZipWriter(sink)
    try writer.add("archive/data.pkl", alignment: alignment) { try $0.write(TorchPickle.bytes(for: tensors)) }
    try writer.add("archive/byteorder", alignment: alignment) { try $0.write(Array("little".utf8)) }
    for (index, element) in tensors.enumerated() {
      try writer.add("archive/data/\(index)", alignment: alignment) {
        try $0.write(elementsOf: element.tensor)
      }
    }
    try writer.add("archive/version", alignment: alignment) { try $0.write(Array("3\n".utf8)) }
    try writer.finish()
  }

  /// As PyTorch aligns them, so that storages can be mapped.
  private static let alignment = 64
}

extension TorchFile: TensorFileReader {
  static var format: TensorFile.Format { .torch }

  static func recognizes(_ start: FileStart) -> Bool {
    start.begins(with: "PK".utf8) ? TorchArchive.recognizes(start.source) : TorchLegacy.recognizes(start)
  }
}
