import Recurrent
import RecurrentKernels
import RecurrentTestSupport
import Testing

@Suite struct ElementaryFunctionsTests {
  struct Function: Decodable {
    let name: String
  }

  static let functions: [String: @Sendable (Double) -> Double] = [
    "exp": { Kernels.exp($0) }, "log": { Kernels.log($0) }, "log1p": { Kernels.log1p($0) },
    "sin": { Kernels.sin($0) }, "cos": { Kernels.cos($0) },
  ]

  @Test func everyValueIsWithinOneULP() throws {
    for (_, function, tensors) in try GoldenFile("Elementary/elementary.safetensors").cases(as: Function.self)
    {
      let evaluate = Self.functions[function.name]!
      let columns = ["x", "high", "rest"].map { tensors[$0]!.scalars(as: Double.self) }
      for (x, (high, rest)) in zip(columns[0], zip(columns[1], columns[2])) {
        let found = evaluate(x)
        let error = abs((found - high) / high.ulp - rest)
        #expect(error < 1, "\(function.name)(\(x)) is \(found), expected \(high): \(error) ULP")
      }
    }
  }

  @Test func borders() {
    #expect(Kernels.exp(0) == 1 && Kernels.exp(-.infinity) == 0 && Kernels.exp(.infinity) == .infinity)
    #expect(Kernels.exp(710) == .infinity && Kernels.exp(-746) == 0 && Kernels.exp(.nan).isNaN)
    #expect(Kernels.log(1) == 0 && Kernels.log(0) == -.infinity && Kernels.log(.infinity) == .infinity)
    #expect(Kernels.log(-1).isNaN && Kernels.log(.nan).isNaN)
    #expect(Kernels.log1p(0) == 0 && Kernels.log1p(-1) == -.infinity && Kernels.log1p(.infinity) == .infinity)
    #expect(Kernels.log1p(-2).isNaN && Kernels.log1p(.nan).isNaN)
    #expect(Kernels.sin(0) == 0 && Kernels.cos(0) == 1)
    #expect(Kernels.sin(.infinity).isNaN && Kernels.cos(.nan).isNaN)
  }

  @Test func zeroKeepsItsSign() {
    #expect(Kernels.sin(-0.0).sign == .minus)
    #expect(Kernels.log1p(-0.0).sign == .minus)
  }
}
