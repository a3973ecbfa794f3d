// How long a file of tensors takes to load, and how much memory: first to the point where its tensors are there, then until
// each of their bytes was looked at once.
//
//   swift run -c release --package-path Benchmarks load-file make 1024 /tmp/large.safetensors    # 1024 MiB
//   swift run -c release --package-path Benchmarks load-file /tmp/large.safetensors
//
// For a cold start drop the system's cache between the two (Linux: sync; echo 3 > /proc/sys/vm/drop_caches).
import Foundation
import ProcessMemory
import Recurrent

let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.count {
case 1: try load(arguments[0])
case 3 where arguments[0] == "make": try make(mebibytes: Int(arguments[1]) ?? 1024, arguments[2])
default:
  print("usage: load-file FILE\n       load-file make MEBIBYTES FILE.safetensors")
  exit(64)
}

/// Tensors of 32 MiB each, of random numbers.
func make(mebibytes: Int, _ path: String) throws {
  manualSeed(1)
  let block = Generator.default.uniform([8, 1 << 20], from: -1, to: 1)
  let tensors = (0..<max(1, mebibytes / 32)).map { (name: "block.\($0)", tensor: block) }
  try SafeTensors.write(NamedTensors(tensors), to: path)
}

func load(_ path: String) throws {
  let before = peakBytes()
  let clock = ContinuousClock()
  var tensors = NamedTensors()
  let opened = try clock.measure { tensors = try TensorFile.read(path) }
  let loaded = peakBytes()
  var maximum: Float = 0
  let looked = clock.measure {
    for (_, tensor) in tensors {
      maximum = max(maximum, tensor.reshaped([-1]).max(axis: 0).scalars(as: Float.self)[0])
    }
  }
  let size = tensors.reduce(0) { $0 + $1.tensor.count * $1.tensor.dtype.byteWidth }
  report("there", opened, loaded - before, of: size)
  report("looked at", opened + looked, peakBytes() - before, of: size)
  print("largest element \(maximum)")
}

func report(_ what: String, _ time: Duration, _ bytes: Int, of size: Int) {
  let seconds = Double(time.components.attoseconds) * 1e-18 + Double(time.components.seconds)
  let speed = Double(size) / seconds * 1e-9
  print(
    "\(what) after \(String(format: "%.3f s, %.2f GB/s", seconds, speed)), "
      + String(format: "memory %.3f times the tensors' %d bytes", Double(bytes) / Double(size), size))
}
