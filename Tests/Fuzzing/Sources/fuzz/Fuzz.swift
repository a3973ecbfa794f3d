import MemoryBudget
import Recurrent

/// What libFuzzer calls with every input: reads it as a file of any format, and finds the networks in it.
///
/// A reader must give tensors or throw a `FileError`. Whatever else it does stops the fuzzer: a trap, another error, more
/// memory than ``budget(_:)``, more time than `run` allows.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  HeldMemory.release()
  memory_budget_begin()
  let tensors = read(bytes)
  let peak = Int(memory_budget_peak())
  let proven = (tensors ?? [:]).reduce(0) { $0 + $1.tensor.count * $1.tensor.dtype.byteWidth }
  precondition(
    peak <= budget(count) + proven,
    "\(peak) bytes of memory for a file of \(count) bytes and tensors of \(proven)")
  if let tensors { checkNetworks(tensors) }
  return 0
}

/// The memory that a reader may take for a file of `count` bytes, beside that of the tensors which it gives.
private func budget(_ count: Int) -> Int { 4 * count + (1 << 20) }

private func read(_ bytes: [UInt8]) -> NamedTensors? {
  do {
    return try TensorFile.decode(bytes)
  } catch is FileError {
    return nil
  } catch {
    fatalError("an error that is no FileError: \(error)")
  }
}

/// Networks are found, or an error says why not.
private func checkNetworks(_ tensors: NamedTensors) {
  do {
    for network in try NetworkFile(tensors).networks { precondition(!network.weights.isEmpty) }
  } catch is FileError {
  } catch {
    fatalError("an error that is no FileError: \(error)")
  }
}
