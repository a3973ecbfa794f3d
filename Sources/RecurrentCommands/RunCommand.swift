import ArgumentParser
import Recurrent

/// `rnn run`: runs anybody's recurrent weights over a sequence.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a recurrent network's weights over a sequence.",
    usage: "rnn run <weights> --input <file> --output <file.npz> [<options>]",
    discussion: """
      Takes any file of a network that rnn inspect shows: PyTorch's (.pt, safetensors, npz), ONNX, MLX's, Keras's, RTNeural's \
      and Neural Amp Modeler's, whatever the file's name ends in. Kind, layers, directions, bias and projection are read \
      from the weights' names and shapes.

      The input is one array [T, N, I] or [T, I] in an npy file, or `input` in an npz file; there may be `h0` and `c0`, the \
      initial states, and `lengths`, the number of real steps of each sequence. T steps, N sequences, I numbers a step. The \
      output file gets `output`, `h_n` and, from an LSTM, `c_n`, as PyTorch gives them. If the network has a head (a linear \
      layer behind it, in the file or by --head), `output` is the head's; `h_n` is the recurrent layer's all the same.

      An ONNX model is run as the graph that it is: the input file has arrays under the names of the graph's inputs, weights \
      too if they are inputs, and the output file gets the graph's outputs under theirs. Of the options below, only --input, \
      --output and those of computing have a meaning there; the others are refused.

      EXAMPLES
        rnn run lstm.safetensors --input x.npy --output y.npz
        rnn run tagger.safetensors --prefix lstm. --input x.npz --output y.npz
        rnn run rnn.safetensors --nonlinearity relu --input x.npz --output y.npz
        rnn run gru.safetensors --batch-first --chunk 99 --input x.npz --output y.npz
        rnn run amp.nam --input guitar.npy --output amp.npz
        rnn run tagger.onnx --input arrays.npz --output results.npz
        rnn run g2p.npz --input x.npy --output y.npz \\
            --name weight_ih_l0=enc_w_ih --name weight_hh_l0=enc_w_hh \\
            --name bias_ih_l0=enc_b_ih --name bias_hh_l0=enc_b_hh
      """
  )

  @Argument(help: "File of a recurrent network, of any kind.")
  var weights: String

  @Option(help: ArgumentHelp("Array or arrays to read: npy or npz.", valueName: "file"))
  var input: String

  @Option(help: ArgumentHelp("File to write: npz.", valueName: "file.npz"))
  var output: String

  @Flag(help: "Sequences come first in input and output: [N, T, I].")
  var batchFirst = false

  @Option(
    help: ArgumentHelp(
      "Steps to feed at a time, with the state carried over. Changes no bit. (default: all)",
      valueName: "steps"))
  var chunk: Int?

  @OptionGroup(title: "Network") var network: NetworkOptions

  @OptionGroup(title: "Computing") var compute: ComputeFlags

  func validate() throws {
    try check(chunk, "--chunk", atLeast: 1)
    if output.hasSuffix(".npy") {
      throw ValidationError("--output is \(output), expected an npz file: it gets several arrays.")
    }
  }

  func run() throws {
    try WrittenFile(option: "--output", path: output).check(besides: [(weights, "weights"), (input, "input")])
    try withComputeFlags(compute) {
      let (results, title) = try TensorFile.format(of: weights) == .onnx ? runGraph() : runNetwork()
      try NPZ.write(results, to: output)
      let shapes = results.map { "\($0.name) \($0.tensor.shape)" }.joined(separator: ", ")
      try Console.output.writeLine("\(title)\n\(output): \(shapes)")
    }
  }

  /// What comes out, and a line about what was run.
  private func runNetwork() throws -> (NamedTensors, String) {
    let chosen = try ChosenNetwork(reading: weights, network.choice)
    let layer = try StoredLayer(chosen.network, batchFirst: batchFirst)
    try layer.checkChunking(chunk)
    let input = try LayerInput(input, for: chosen.network.network, batchFirst: batchFirst)
    try warn(chosen.network.warnings(file: weights) + input.warnings)
    let title = chosen.description + (chosen.assumption.map { "\n" + $0 } ?? "")
    return (layer.run(input, chunk: chunk), title)
  }

  func warn(_ notes: [String]) throws {
    for note in notes { try Console.error.writeLine("Warning: \(note)") }
  }
}
