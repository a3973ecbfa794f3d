import Recurrent

/// Lesson 3: a layer's numbers from its weights, by hand.
func tourByHand(_ page: TourPage) throws {
  try page.heading(3, "A layer by hand")
  try page.paragraph(
    """
    Seed 1 gives these weights, the same bits that torch.manual_seed(1) gives. The
    input is three steps: five 1s, five 2s, five 3s.
    """)
  try page.code(
    """
    manualSeed(1)
    let rnn = RNN(inputSize: 5, hiddenSize: 2, batchFirst: true)
    """)
  let rnn = RNN(inputSize: 5, hiddenSize: 2, batchFirst: true, generator: Generator(seed: 1))
  for (name, weight) in rnn.parameters { try page.tensor(name, weight) }
  let input = Tensor([[[1, 1, 1, 1, 1], [2, 2, 2, 2, 2], [3, 3, 3, 3, 3]]])
  let byHand = try stepByHand(page, rnn.parameters, input[0])
  let (output, hidden) = rnn(input)
  try page.paragraph("The layer does the same in one call:")
  try page.tensor("output", output)
  try page.tensor("hidden", hidden)
  for (step, published) in publishedOutputs.enumerated() {
    try page.check("output[0][\(step)]", output[0][step], published: published)
  }
  let difference = largestDifference(output[0], byHand)
  try page.check("the layer and the steps by hand agree within 1e-6", difference <= 1e-6)
  try page.line()
}

private let publishedOutputs = [
  ["-0.3519801", "0.52525216"], ["-0.68424344", "0.76074266"], ["-0.8649416", "0.9046636"],
]
private let publishedInputParts = [
  ["-0.4701929", "0.58639044"], ["-0.88883156", "1.2364398"], ["-1.3074702", "1.8864892"],
]

private func stepByHand(_ page: TourPage, _ weights: ParameterList, _ input: Tensor) throws -> Tensor {
  let (inputWeight, inputBias) = (weights["weight_ih_l0"]!, weights["bias_ih_l0"]!)
  let (hiddenWeight, hiddenBias) = (weights["weight_hh_l0"]!, weights["bias_hh_l0"]!)
  try page.paragraph("The input's part does not wait for the state, so it is there for all steps at once:")
  try page.code("let part = linear(x, rnn.parameters[\"weight_ih_l0\"]!, rnn.parameters[\"bias_ih_l0\"]!)")
  let part = linear(input, inputWeight, inputBias)
  try page.tensor("part", part)
  for (step, published) in publishedInputParts.enumerated() {
    try page.check("part[\(step)]", part[step], published: published)
  }
  try page.paragraph("Then step by step, each state from the one before:")
  try page.code("h = tanh(part[t] + linear(h, weight_hh_l0, bias_hh_l0))")
  var hidden = Tensor(zeros: [2])
  var states: [Tensor] = []
  for step in 0..<3 {
    hidden = tanh(part[step] + linear(hidden, hiddenWeight, hiddenBias))
    states.append(hidden)
    try page.line("h after step \(step + 1)  \(hidden)")
  }
  try page.line()
  return Tensor.stacked(states)
}

/// The largest distance between two elements at one place.
func largestDifference(_ a: Tensor, _ b: Tensor) -> Double {
  let differences = (a - b).asType(.float64).scalars(as: Double.self)
  return differences.reduce(0) { $1.isNaN ? .infinity : max($0, abs($1)) }
}
