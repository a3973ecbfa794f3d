import Recurrent

// Words to phonemes: `pronounce checkpoint20.npz recurrent network`. Without words it reads them from its input, one a line.
//
// The network is in the Python package g2p-en: `pip download --no-deps g2p-en`, and unzip what comes.

var arguments = CommandLine.arguments.dropFirst()
if let path = arguments.popFirst() {
  let pronouncer = try Pronouncer(reading: path)
  func pronounce(_ word: String) {
    print(word, pronouncer.phonemes(of: word.lowercased()).joined(separator: " "), separator: "\t")
  }
  arguments.forEach(pronounce)
  if arguments.isEmpty { while let word = readLine() { pronounce(word) } }
} else {
  print("usage: pronounce <checkpoint20.npz of g2p-en> [<word> ...]")
}
