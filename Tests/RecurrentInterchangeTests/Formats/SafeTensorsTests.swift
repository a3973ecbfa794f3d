import Recurrent
import RecurrentTestSupport
import Testing

@Suite struct SafeTensorsTests {
  @Test func whatIsWrittenReadsBackTheSame() throws {
    let tensors = SampleTensors.mixed
    let bytes = try SafeTensors.encode(tensors)
    let copy = try SafeTensors.decode(bytes)
    expectSame(copy, tensors)
    #expect(copy.metadata == tensors.metadata)
    #expect(try SafeTensors.encode(copy) == bytes)
  }
}
