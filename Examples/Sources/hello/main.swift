import Recurrent

manualSeed(1)  // torch.manual_seed(1)
var rnn = RNN(inputSize: 5, hiddenSize: 2, batchFirst: true)  // the weights PyTorch draws
let x = Tensor([[[1, 1, 1, 1, 1], [2, 2, 2, 2, 2], [3, 3, 3, 3, 3]]])  // [N 1, T 3, I 5]
print(rnn(x).output)  // [N 1, T 3, H 2]

let goal = Tensor([[[0.1, 0.9], [0.2, 0.8], [0.3, 0.7]]])
var optimizer = Adam(learningRate: 0.01)
for _ in 1...200 {
  let (_, gradients) = valueAndGradients(of: rnn) { rnn in meanSquaredError(rnn(x).output, goal) }
  optimizer.update(&rnn, along: gradients)
}
print(rnn(x).output)
