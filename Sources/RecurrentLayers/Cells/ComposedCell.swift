package import RecurrentTensors

/// A cell that forgets its fused kernel: same parameters, same step, sequences always made of tensor operations.
package struct ComposedCell<Base: RecurrentCell>: RecurrentCell {
  package var base: Base

  package init(_ base: Base) { self.base = base }

  package var inputSize: Int { base.inputSize }
  package var outputSize: Int { base.outputSize }

  package func initialState(batchSize: Int) -> Base.State { base.initialState(batchSize: batchSize) }

  package func step(_ input: Tensor, from state: Base.State) -> (output: Tensor, state: Base.State) {
    base.step(input, from: state)
  }

  package mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    base.visitParameters(&visitor)
  }
}
