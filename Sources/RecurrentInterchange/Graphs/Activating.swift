import RecurrentKernels
import RecurrentLayers
import RecurrentTensors

extension GraphCall {
  /// A function that recurrent operators know too, as an operator of its own.
  func activated() throws -> Tensor {
    let x = try floating(0)
    var alphas = try number("alpha").map { [$0][...] } ?? []
    var betas = try number("beta").map { [$0][...] } ?? []
    guard let activation = Activation(onnx: node.operatorName, &alphas, &betas) else {
      throw error(found: node.operatorName, expected: "an activation")
    }
    // This operator keeps x > alpha, recurrent ones x >= alpha, which is x > the number below.
    guard case .thresholdedRelu(let alpha) = activation else { return activation(x) }
    let above = x.dtype == .float32 ? Double(Float(alpha).nextUp) : alpha.nextUp
    return Activation.thresholdedRelu(alpha: above)(x)
  }
}
