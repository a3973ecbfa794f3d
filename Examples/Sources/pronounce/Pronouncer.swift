import Recurrent

/// Turns words into phonemes with the trained network of the Python package g2p-en: a GRU reads the letters, and another,
/// starting from where that ended, writes one phoneme after the other.
///
/// Its GRUs are PyTorch's, with the reset after the product; only the names of the weights are its own.
struct Pronouncer {
  private let letters, sounds: Embedding
  private let encoder, decoder: GRU
  private let head: Linear

  /// Reads `checkpoint20.npz` of the package.
  init(reading path: String) throws {
    let tensors = try TensorFile.read(path).renamed([
      "encoder.weight_ih_l0": "enc_w_ih", "encoder.weight_hh_l0": "enc_w_hh",
      "encoder.bias_ih_l0": "enc_b_ih", "encoder.bias_hh_l0": "enc_b_hh",
      "decoder.weight_ih_l0": "dec_w_ih", "decoder.weight_hh_l0": "dec_w_hh",
      "decoder.bias_ih_l0": "dec_b_ih", "decoder.bias_hh_l0": "dec_b_hh",
      "letters.weight": "enc_emb", "sounds.weight": "dec_emb", "head.weight": "fc_w", "head.bias": "fc_b",
    ])
    encoder = try GRU(from: tensors, prefix: "encoder.")
    decoder = try GRU(from: tensors, prefix: "decoder.")
    letters = Embedding(weight: tensors["letters.weight"]!)
    sounds = Embedding(weight: tensors["sounds.weight"]!)
    head = Linear(weight: tensors["head.weight"]!, bias: tensors["head.bias"])
  }

  /// The phonemes of a word in lower case.
  func phonemes(of word: String) -> [String] {
    let spelling = word.unicodeScalars.map(Self.index) + [Self.endOfWord]
    var hidden = encoder(letters(Tensor(spelling, shape: [spelling.count, 1]))).hidden
    var spoken: [Int64] = []
    var last = Self.start
    while spoken.count < Self.limit {
      hidden = decoder(sounds(Tensor([last], shape: [1, 1])), initialState: hidden).hidden
      last = likeliest(head(hidden))
      if last == Self.end { break }
      spoken.append(last)
    }
    return spoken.map { Self.names[Int($0)] }
  }

  private func likeliest(_ logits: Tensor) -> Int64 {
    let numbers = logits.scalars(as: Float.self)
    return Int64(numbers.firstIndex(of: numbers.max()!)!)
  }
}

// MARK: - Letters and phonemes

extension Pronouncer {
  // Of letters: 0 is padding, 1 anything else, 2 the end of the word. Of phonemes: 2 is the start, 3 the end.
  private static let endOfWord: Int64 = 2
  private static let start: Int64 = 2
  private static let end: Int64 = 3
  /// The most phonemes of a word.
  private static let limit = 20

  private static func index(of letter: Unicode.Scalar) -> Int64 {
    ("a"..."z").contains(letter) ? Int64(letter.value - ("a" as Unicode.Scalar).value) + 3 : 1
  }

  private static let names =
    ["<pad>", "<unk>", "<s>", "</s>"]
      + """
      AA0 AA1 AA2 AE0 AE1 AE2 AH0 AH1 AH2 AO0 AO1 AO2 AW0 AW1 AW2 AY0 AY1 AY2 B CH D DH EH0 EH1 EH2 ER0 ER1 ER2 EY0 EY1 \
      EY2 F G HH IH0 IH1 IH2 IY0 IY1 IY2 JH K L M N NG OW0 OW1 OW2 OY0 OY1 OY2 P R S SH T TH UH0 UH1 UH2 UW UW0 UW1 UW2 \
      V W Y Z ZH
      """.split(separator: " ").map(String.init)
}
