import ArgumentParser
import Recurrent

/// `rnn run`: runs anybody's recurrent weights over a sequence.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a recurrent network's weights over a sequence.",
    usage: "rnn run <weights> --input <file> --output <file.npz> [<options>]",
    discussion: """
      Kind, layers, directions, bias and projection are read from the names and shapes of the weights, which are PyTorch's \
      (weight_ih_l0, weight_hh_l0, ...).

      The input is one array [T, N, I] or [T, I] in an npy file, or `input` in an npz file; there may be `h0` and `c0`, the \
      initial states, and `lengths`, the number of real steps of each sequence. T steps, N sequences, I numbers a step. The \
      output file gets `output`, `h_n` and, from an LSTM, `c_n`, as PyTorch gives them.

      EXAMPLES
        rnn run lstm.safetensors --input x.npy --output y.npz
        rnn run tagger.safetensors --prefix lstm. --input x.npz --output y.npz
        rnn run rnn.safetensors --nonlinearity relu --input x.npz --output y.npz
        rnn run gru.safetensors --batch-first --chunk 99 --input x.npz --output y.npz
      """
  )

  @Argument(help: "Weights: a safetensors file.")
  var weights: String

  @Option(help: ArgumentHelp("Array or arrays to read: npy or npz.", valueName: "file"))
  var input: String

  @Option(help: ArgumentHelp("File to write: npz.", valueName: "file.npz"))
  var output: String

  @Flag(help: "The input is [N, T, I], and so is the output.")
  var batchFirst = false

  @Option(help: "What stands before the names of the weights. (default: found, if there is one network)")
  var prefix: String?

  @Option(help: "What an RNN applies, which its weights do not tell. (default: tanh)")
  var nonlinearity: NonlinearityOption?

  @Option(help: "Steps to feed at a time, with the state carried over. Changes no bit. (default: all)")
  var chunk: Int?

  @OptionGroup(title: "Computing") var compute: ComputeFlags

  func validate() throws {
    try check(chunk, "--chunk", atLeast: 1)
    if output.hasSuffix(".npy") {
      throw ValidationError("--output is \(output), expected an npz file: it gets several arrays.")
    }
  }

  func run() throws {
    try withComputeFlags(compute) { try runNetwork() }
  }

  private func runNetwork() throws {
    let tensors = try SafeTensors.read(weights)
    let network = try RecurrentNetwork(describing: tensors, prefix: prefix)
    let layer = try StoredLayer(
      network, tensors, batchFirst: batchFirst, nonlinearity: nonlinearity?.activation)
    try layer.checkChunking(chunk)
    let input = try LayerInput(input, for: network, batchFirst: batchFirst)
    try Checkpoint.checkWritable(output)
    try WrittenFile(option: "--output", path: output).checkDiffers(from: weights, "weights")
    for note in layer.warnings + input.warnings { try Console.error.writeLine("Warning: \(note)") }
    let result = layer.run(input, chunk: chunk)
    try NPZ.write(result, to: output)
    let shapes = result.map { "\($0.name) \($0.tensor.shape)" }.joined(separator: ", ")
    try Console.output.writeLine("\(network)\n\(output): \(shapes)")
  }
}
