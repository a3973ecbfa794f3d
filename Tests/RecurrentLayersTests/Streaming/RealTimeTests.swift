import AllocationCounter
import Recurrent
import Testing

/// What a stream must not do after it was made: allocate, lock, call the system. Tests/RealTime/run takes ten million steps.
@Suite struct RealTimeTests {
  private static let canCount = counter_start() != 0 && counter_stop() == 0

  /// A stream and its frames, to be used without allocating.
  private final class Session {
    var stream: RecurrentStream<LSTMCell>
    let frame: UnsafeMutableBufferPointer<Float>
    let output: UnsafeMutableBufferPointer<Float>
    var snapshot: RecurrentStream<LSTMCell>.Snapshot

    init(_ stream: RecurrentStream<LSTMCell>) {
      self.stream = stream
      snapshot = stream.makeSnapshot()
      // Room for a block of eight steps, of which single steps use the first.
      frame = .allocate(capacity: 8 * stream.batchSize * stream.inputSize)
      frame.initialize(repeating: 0.5)
      output = .allocate(capacity: 8 * stream.batchSize * stream.outputSize)
      output.initialize(repeating: 0)
    }

    deinit {
      frame.deallocate()
      output.deallocate()
    }

    func run(_ steps: Int) {
      for step in 0..<steps {
        let length = step % 2 == 0 ? 1 : 1 + step % 8
        let inputs = frame.extracting(..<(length * stream.batchSize * stream.inputSize))
        let outputs = output.extracting(..<(length * stream.batchSize * stream.outputSize))
        var target = outputs.mutableSpan
        stream.advance(inputs.span, into: &target)
        if step % 3 == 0 { stream.save(into: &snapshot) }
        if step % 7 == 0 { stream.restore(snapshot) }
        if step % 50 == 0 { stream.reset() }
      }
    }
  }

  private static func sessions() -> [Session] {
    [
      Session(LSTM(inputSize: 3, hiddenSize: 8).makeStream()),
      Session(LSTM(inputSize: 3, hiddenSize: 20, layerCount: 2, projectionSize: 5).makeStream(batchSize: 4)),
      Session(LSTM(inputSize: 3, hiddenSize: 17).makeStream(weights: .bfloat16)),
      Session(LSTM(inputSize: 3, hiddenSize: 8, layerCount: 2, trainableInitialState: true).makeStream()),
      Session(
        LSTM(inputSize: 3, hiddenSize: 17, peepholes: true, couplesInputAndForget: true, clip: 2).makeStream()
      ),
    ]
  }

  @Test(.enabled(if: canCount)) func theCounterSeesAllocations() {
    #expect(counter_start() != 0)
    let memory = UnsafeMutablePointer<Int>.allocate(capacity: 100)
    let count = counter_stop()
    memory.deallocate()
    #expect(count > 0)
  }

  @Test(.enabled(if: canCount)) func stepsAllocateAndLockNothing() {
    for session in Self.sessions() {
      session.run(2)
      _ = counter_start()
      session.run(2000)
      #expect(counter_stop() == 0)
    }
  }

  @Test(.enabled(if: canCount)) func stepsCallNoSystemFunction() {
    for session in Self.sessions() {
      session.run(2)
      let result = counter_without_system_calls(
        { Unmanaged<Session>.fromOpaque($0!).takeUnretainedValue().run(200) },
        Unmanaged.passUnretained(session).toOpaque())
      #expect(result != 0, "a step called the system")
    }
  }
}
