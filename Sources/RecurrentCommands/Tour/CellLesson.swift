import Recurrent

/// Lesson 1: the cell from nothing but products and tanh; then the layer that does the same.
func tourOfTheCell(_ page: TourPage) throws {
  try page.heading(1, "A recurrent cell from scratch")
  try page.paragraph(
    """
    A recurrent network reads a sequence step by step and keeps a hidden state h:
    what it remembers. Each new state comes from the step's input x and from the
    state before:

        h = tanh(Wx x + Wh h + b)

    Here are 10 steps of 4 numbers each, and a state of 8 numbers that begins at
    zero.
    """)
  try page.code(
    """
    let generator = Generator(seed: 0)
    let inputs = generator.uniform([10, 4], from: 0, to: 1, dtype: .float64)
    let Wx = generator.uniform([8, 4], from: 0, to: 1, dtype: .float64)
    let Wh = generator.uniform([8, 8], from: 0, to: 1, dtype: .float64)
    let b = generator.uniform([8], from: 0, to: 1, dtype: .float64)
    var h = Tensor(zeros: [8], dtype: .float64)
    var states: [Tensor] = []
    for x in inputs.unstacked() {
      h = tanh(linear(x, Wx) + linear(h, Wh) + b)
      states.append(h)
      print(Tensor.stacked(states).shape)
    }
    """)
  let hidden = try statesFromScratch(page)
  try page.tensor("all hidden states", hidden)
  try page.check("all hidden states", shape: hidden.shape, published: [10, 8])
  try page.paragraph(
    """

    Weights between 0 and 1 are all positive, so sums are large and tanh is nearly
    1 everywhere after the first step: the state remembers little. Trained weights,
    and the small ones that layers begin with, do better.
    """)
  try showFirstLayer(page)
}

private func statesFromScratch(_ page: TourPage) throws -> Tensor {
  let generator = Generator(seed: 0)
  func draw(_ shape: Shape) -> Tensor { generator.uniform(shape, from: 0, to: 1, dtype: .float64) }
  let (inputs, inputWeight, hiddenWeight, bias) = (draw([10, 4]), draw([8, 4]), draw([8, 8]), draw([8]))
  var hidden = Tensor(zeros: [8], dtype: .float64)
  var states: [Tensor] = []
  for input in inputs.unstacked() {
    hidden = tanh(linear(input, inputWeight) + linear(hidden, hiddenWeight) + bias)
    states.append(hidden)
    try page.line(Tensor.stacked(states).shape.inParentheses)
  }
  try page.line()
  return Tensor.stacked(states)
}

private func showFirstLayer(_ page: TourPage) throws {
  try page.paragraph(
    """
    A layer is that loop, for a whole batch. One sequence of 10 steps with 5
    numbers each, batch first:
    """)
  try page.code(
    """
    manualSeed(0)
    let rnn = RNN(inputSize: 5, hiddenSize: 8, batchFirst: true)
    let (output, hidden) = rnn(x)             // x (1, 10, 5)
    """)
  let generator = Generator(seed: 0)
  let rnn = RNN(inputSize: 5, hiddenSize: 8, batchFirst: true, generator: generator)
  let (output, hidden) = rnn(Tensor(tourRamp: [1, 10, 5]))
  try page.tensor("output: the hidden state after every step", output)
  try page.tensor("hidden: the one after the last", hidden)
  try page.check("output", shape: output.shape, published: [1, 10, 8])
  try page.check("hidden", shape: hidden.shape, published: [1, 1, 8])
  try page.check("the last row of output is hidden", output[0][9].isBitwiseEqual(to: hidden[0][0]))
  try page.line()
}

extension Tensor {
  /// A fixed input where a notebook drew random ones: steps of 1/8 from -1 on, and again from -1.
  init(tourRamp shape: Shape) {
    let count = shape.reduce(1, *)
    self.init((0..<count).map { Float($0 % 16) / 8 - 1 }, shape: shape)
  }
}
