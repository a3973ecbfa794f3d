import ArgumentParser
import Recurrent

/// `rnn inspect`: what is in a file of tensors.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what is in a file: networks, tensors, statistics, training.",
    discussion: """
      Reads safetensors, npy, npz, PyTorch's .pt, ONNX, RTNeural's and Neural Amp Modeler's JSON, whatever the file's name \
      ends in. Of each recurrent network it shows kind, sizes, levels, directions, variant, and the order of the gates in \
      the file (in PyTorch's letters: i, f, g, o; r, z, n); then the tensors that belong to none. Statistics leave out NaN; \
      std is that of the whole tensor (division by n). A terminal shows the columns that it has room for, a file gets all.

      EXAMPLES
        rnn inspect rnn.safetensors
        rnn inspect model.onnx
        rnn inspect out.npz
      """
  )

  @Argument(help: "File of tensors, a network or a graph.")
  var file: String

  func run() throws {
    let format = try TensorFile.format(of: file)
    let model = format == .onnx ? try OnnxModel(reading: file) : nil
    let tensors = try model?.fileTensors ?? TensorFile.read(file)
    let inspection = Inspection(tensors, format: format, byteCount: byteCount, model: model)
    try Console.output.write(inspection.text)
  }

  private var byteCount: Int? { FileStatus(file, followsLinks: false)?.byteCount }
}
