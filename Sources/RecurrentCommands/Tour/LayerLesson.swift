import Recurrent

/// Lesson 2: one layer, ten layers, two directions, and the shapes that come out.
func tourOfTheLayer(_ page: TourPage) throws {
  try page.heading(2, "Layers and directions")
  let input = Tensor(tourRamp: [2, 4, 5])
  try page.paragraph("Two sequences of 4 steps with 5 numbers each; a state of 8.")
  try page.tensor("x", input)
  try showOneLayer(page, input)
  try showTenLayers(page, input)
  try showTwoDirections(page, input)
  try showShapeRules(page)
}

private func makeLayer(layerCount: Int = 1, bidirectional: Bool = false, batchFirst: Bool = true) -> RNN {
  RNN(
    inputSize: 5, hiddenSize: 8, layerCount: layerCount, batchFirst: batchFirst, bidirectional: bidirectional,
    generator: Generator(seed: 0))
}

private func showOneLayer(_ page: TourPage, _ input: Tensor) throws {
  try page.code(
    """
    manualSeed(0)
    let rnn = RNN(inputSize: 5, hiddenSize: 8, batchFirst: true)
    """)
  let (output, hidden) = makeLayer()(input)
  try page.tensor("output", output)
  try page.tensor("hidden", hidden)
  try page.check("one layer: output", shape: output.shape, published: [2, 4, 8])
  try page.check("one layer: hidden", shape: hidden.shape, published: [1, 2, 8])
  try page.line()
}

private func showTenLayers(_ page: TourPage, _ input: Tensor) throws {
  try page.paragraph(
    """
    Each layer reads the states of the one below. The output is that of the top
    layer only; hidden has the last state of every layer.
    """)
  try page.code("let rnn = RNN(inputSize: 5, hiddenSize: 8, layerCount: 10, batchFirst: true)")
  let (output, hidden) = makeLayer(layerCount: 10)(input)
  try page.tensor("output", output)
  try page.check("ten layers: output", shape: output.shape, published: [2, 4, 8])
  try page.check("ten layers: hidden", shape: hidden.shape, published: [10, 2, 8])
  let top = Tensor.stacked(output.unstacked().map { $0[3] })
  try page.check("hidden[9] is the last step of output", hidden[9].isBitwiseEqual(to: top))
  try page.line()
}

private func showTwoDirections(_ page: TourPage, _ input: Tensor) throws {
  try page.paragraph(
    """
    A second cell may read the sequence from its end. Both outputs stand side by
    side, so a row has 16 numbers; hidden[0] is the forward cell's state after the
    last step, hidden[1] the reverse cell's after the first.
    """)
  try page.code("let rnn = RNN(inputSize: 5, hiddenSize: 8, batchFirst: true, bidirectional: true)")
  let (output, hidden) = makeLayer(bidirectional: true)(input)
  try page.tensor("output", output)
  try page.tensor("hidden[0], forward", hidden[0])
  try page.tensor("hidden[1], reverse", hidden[1])
  try page.check("both directions: output", shape: output.shape, published: [2, 4, 16])
  try page.check("both directions: hidden", shape: hidden.shape, published: [2, 2, 8])
  let steps = output.transposed(0, 1)
  let forward = steps[3].slice(axis: 1, 0..<8)
  let reverse = steps[0].slice(axis: 1, 8..<16)
  try page.check("hidden[0] is the left half of the last step", hidden[0].isBitwiseEqual(to: forward))
  try page.check("hidden[1] is the right half of the first step", hidden[1].isBitwiseEqual(to: reverse))
  try page.line()
}

private func showShapeRules(_ page: TourPage) throws {
  try page.paragraph(
    """
    The rules, with T steps, N sequences, I and H numbers, L layers, D directions:

                  time major        batch first
        input     (T, N, I)         (N, T, I)
        output    (T, N, D H)       (N, T, D H)
        hidden    (D L, N, H)       (D L, N, H)       never batch first
    """)
  let input = Tensor(tourRamp: [2, 4, 5])
  let (output, hidden) = makeLayer(batchFirst: true)(input)
  let (sameOutput, sameHidden) = makeLayer(batchFirst: false)(input.transposed(0, 1))
  try page.check("time major: output", shape: sameOutput.shape, published: [4, 2, 8])
  try page.check("time major: hidden", shape: sameHidden.shape, published: [1, 2, 8])
  try page.check(
    "both layouts give the same numbers",
    sameOutput.transposed(0, 1).isBitwiseEqual(to: output) && sameHidden.isBitwiseEqual(to: hidden))
  try page.line()
}
