import Recurrent

/// Lesson 4: letters as one-hot rows.
func tourOfLetters(_ page: TourPage) throws {
  try page.heading(4, "Letters")
  try page.paragraph(
    """
    A network reads numbers, so each letter becomes a row with a 1 at its own
    place. Three words of five letters, over the alphabet h e l o:
    """)
  let words = ["hello", "olleh", "lleel"]
  let letters = Tensor(lettersOf: words, alphabet: "helo")
  for (word, tensor) in zip(words, letters.unstacked()) { try page.tensor(word, tensor) }
  try page.check("all words", shape: letters.shape, published: [3, 5, 4])
  try page.paragraph(
    """

    The notebook gave this to a time-major layer as it is: the layer reads the
    first axis as time, so there are 3 steps (the words) of 5 sequences (the places
    in the word).
    """)
  try page.code(
    """
    manualSeed(0)
    let rnn = RNN(inputSize: 4, hiddenSize: 8)
    let (output, hidden) = rnn(letters)       // letters (3, 5, 4)
    """)
  let rnn = RNN(inputSize: 4, hiddenSize: 8, generator: Generator(seed: 0))
  let (output, hidden) = rnn(letters)
  try page.tensor("output", output)
  try page.tensor("hidden", hidden)
  try page.check("output", shape: output.shape, published: [3, 5, 8])
  try page.check("hidden", shape: hidden.shape, published: [1, 5, 8])
  try page.line()
  try page.check("output[0][0]", output[0][0], published: publishedFirstRow)
  try page.check("hidden[0][0]", hidden[0][0], published: publishedFinalRow)
}

private let publishedFirstRow = [
  "-0.1615", "-0.0684", "-0.5179", "-0.6718", "0.4243", "0.3967", "-0.3416", "-0.1014",
]
private let publishedFinalRow = [
  "-0.3254", "-0.1276", "-0.7445", "-0.2957", "0.1946", "-0.0568", "-0.0964", "-0.0354",
]

extension Tensor {
  /// One-hot rows `[words, letters, alphabet]` of words of equal length.
  init(lettersOf words: [String], alphabet: String) {
    let places = Dictionary(uniqueKeysWithValues: zip(alphabet, Int64(0)...))
    let ids = words.flatMap { word in word.map { places[$0]! } }
    self = Tensor(ids, shape: [words.count, words[0].count]).oneHot(classCount: alphabet.count)
  }
}
