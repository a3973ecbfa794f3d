import Recurrent

/// Lesson 5: the loop in pseudo-code, and a picture of what the state does over time.
func tourOfTheHiddenState(_ page: TourPage) throws {
  try page.heading(5, "What the hidden state does over time")
  try page.paragraph("All of it, in pseudo-code:")
  try page.code(
    """
    hidden_state = 0                          # nothing has been read yet
    for input in inputs:                      # one time step after the other
      output = tanh(W input + U hidden_state + b)
      hidden_state = output                   # what the next step remembers
    """)
  try page.paragraph("And the same loop in Swift, over the letters of \"hellohello\":")
  try page.code(
    """
    manualSeed(5)
    let cell = RNNCell(inputSize: 4, hiddenSize: 8)
    var h = Tensor(zeros: [8])
    for letter in letters { h = cell(letter, h) }
    """)
  let word = "hellohello"
  let letters = Tensor(lettersOf: [word], alphabet: "helo")[0]
  let states = statesOfCell(letters)
  try page.tensor("the states", states)
  try page.paragraph("As a picture: a column for each letter, a row for each of the 8 numbers of the state.")
  try page.picture(states, steps: word.map { String($0) })
  try explainPicture(page, states, letters)
}

private func statesOfCell(_ letters: Tensor) -> Tensor {
  let cell = RNNCell(inputSize: 4, hiddenSize: 8, generator: Generator(seed: 5))
  var hidden = Tensor(zeros: [8])
  var states: [Tensor] = []
  for letter in letters.unstacked() {
    hidden = cell(letter, hidden)
    states.append(hidden)
  }
  return Tensor.stacked(states)
}

private func explainPicture(_ page: TourPage, _ states: Tensor, _ letters: Tensor) throws {
  try page.paragraph(
    """
    The two l's of a word are the same input, but their columns differ: the first
    follows an e, the second an l. That difference is memory. The second hello
    begins where the first ended, not at zero, so its first columns differ too, and
    then come close to those of the first: a simple cell soon forgets.
    """)
  func distance(_ a: Int, _ b: Int) -> Double { largestDifference(states[a], states[b]) }
  try page.check("the two l's differ, by \(distance(2, 3).fixed(4))", distance(2, 3) > 0.01)
  try page.check("the two h's differ, by \(distance(0, 5).fixed(4))", distance(0, 5) > 0.01)
  try page.check("the two o's differ less, by \(distance(4, 9).fixed(4))", distance(4, 9) < distance(0, 5))
  let layer = RNN(inputSize: 4, hiddenSize: 8, generator: Generator(seed: 5))
  try page.check(
    "the cell's steps and the layer have the same bits", layer(letters).output.isBitwiseEqual(to: states))
  try page.line()
}
