import ArgumentParser
import Recurrent

/// `rnn inspect`: what is in a file of tensors.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what is in a file: tensors, statistics, networks, training.",
    discussion: """
      Reads safetensors, npy and npz, whatever the file's name ends in. Statistics leave out NaN; std is that of the whole \
      tensor (division by n).

      EXAMPLES
        rnn inspect rnn.safetensors
        rnn inspect out.npz
      """
  )

  @Argument(help: "File of tensors: safetensors, npy or npz.")
  var file: String

  func run() throws {
    let format = try TensorFile.format(of: file)
    let tensors = try TensorFile.read(file)
    let inspection = Inspection(tensors, format: format, byteCount: byteCount)
    try Console.output.write(inspection.text)
  }

  private var byteCount: Int? { FileStatus(file, followsLinks: false)?.byteCount }
}
