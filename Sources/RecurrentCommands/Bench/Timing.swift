/// Something that can be done any number of times.
protocol Workload {
  mutating func run(_ times: Int)
}

/// How long one call of a workload takes, in microseconds.
struct Timing {
  /// Of runs, each the mean of as many calls as fill 2 ms.
  let median: Double
  let minimum: Double
  let runCount: Int
  /// The 99th percentile of 1000 single calls, the clock's own time in it; for steps only.
  let percentile99: Double?

  /// Measures for `seconds`, after a warm-up of a fifth of a second or less.
  init(_ workload: inout some Workload, seconds: Double, singleCalls: Bool) {
    let once = Self.warmUp(&workload, seconds: min(0.2, seconds))
    let calls = max(1, Int(0.002 / once))
    var times: [Double] = []
    let start = ContinuousClock.now
    while times.isEmpty || start.secondsUntilNow < seconds {
      times.append(Self.seconds(of: &workload, calls) / Double(calls) * 1e6)
    }
    times.sort()
    let middle = times.count / 2
    median = times.count % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2
    minimum = times[0]
    runCount = times.count
    percentile99 = singleCalls ? Self.percentile99(&workload) : nil
  }

  /// - Returns: the seconds that a call takes once all is warm.
  private static func warmUp(_ workload: inout some Workload, seconds limit: Double) -> Double {
    let start = ContinuousClock.now
    var calls = 1
    while true {
      let time = seconds(of: &workload, calls)
      if start.secondsUntilNow >= limit { return max(time / Double(calls), 1e-9) }
      if time < 0.0005 { calls *= 2 }
    }
  }

  private static func percentile99(_ workload: inout some Workload) -> Double {
    var times: [Double] = []
    for _ in 0..<1000 { times.append(seconds(of: &workload, 1) * 1e6) }
    return times.sorted()[990]
  }

  private static func seconds(of workload: inout some Workload, _ calls: Int) -> Double {
    let start = ContinuousClock.now
    workload.run(calls)
    return start.secondsUntilNow
  }
}

extension ContinuousClock.Instant {
  var secondsUntilNow: Double { duration(to: .now) / .seconds(1) }
}
